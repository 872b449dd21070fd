import type * as vscode from 'vscode';
import * as z from 'zod';
import { attackRequest } from '../../protocol/worker-protocol';
import { pickAttacks, pickCount } from '../checkpoint/pick-attacks';
import { pickCheckpoints } from '../checkpoint/pick-checkpoint';
import { commands } from '../contributions';
import { isTrusted } from '../messages';
import type { Services } from '../services';
import { deviceSetting, threadsSetting } from '../settings';
import { followJob } from './job-messages';
import { registerCommand } from './register-command';

/** Third argument of the command, for key bindings and other extensions: what to ask nobody about. */
const attackOptions = attackRequest
  .pick({ attacks: true, count: true })
  .extend({ checkpoint: z.enum(['best', 'last']) })
  .partial();

/**
 * `M2AT: Attack Checkpoint…`, called with `(uri, uris[])` by the explorer, with a run by the tree and the
 * dashboard, with nothing by the palette.
 */
export function registerAttackCheckpoint(services: Services): vscode.Disposable {
  return registerCommand(commands.attackCheckpoint, services.log, async (target, selection, options) => {
    if (!isTrusted('An attack')) return undefined;
    const { runs, jobs } = services;
    const given = attackOptions.parse(options ?? {});
    const checkpoints = await pickCheckpoints(runs, target, selection, given.checkpoint);
    if (checkpoints.length === 0) return undefined;
    const attacks = given.attacks ?? (await pickAttacks());
    if (!attacks) return undefined;
    const count = given.count ?? (await pickCount());
    if (count === undefined) return undefined;

    let first: string | undefined;
    for (const { title, file, root } of checkpoints) {
      await runs.addRoot(root);
      const job = await jobs.attack(`attack on ${title}`, {
        root,
        checkpoint: file,
        attacks,
        count,
        device: deviceSetting(),
        threads: threadsSetting(),
      });
      const run = await followJob(services, job);
      first ??= run;
      // One after the other: two attacks at once would share the processor and measure nothing useful.
      if (checkpoints.length > 1) await job.result.catch(() => undefined);
    }
    return first;
  });
}
