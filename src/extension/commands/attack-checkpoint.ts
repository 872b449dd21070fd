import type * as vscode from 'vscode';
import { sniffFormat } from '../../core/models/formats/find-format';
import type { PreparedAttack } from '../attack/prepare-attack';
import { pickCheckpoints, type Checkpoint } from '../checkpoint/pick-checkpoint';
import { whyNoCheckpoint } from '../checkpoint/why-no-checkpoint';
import { commands } from '../contributions';
import { isTrusted } from '../messages';
import type { Services } from '../services';
import { deviceSetting, ignoreMemorySetting, threadsSetting } from '../settings';
import { showError } from '../show/notifications';
import { followJob, reportOwnEnd } from './job-messages';
import { registerCommand } from './register-command';

/**
 * `M2AT: Attack Checkpoint…`, called with `(uri, uris[])` by the explorer and the editor, with a run by the tree
 * and the dashboard, with nothing by the palette.
 */
export function registerAttackCheckpoint(services: Services): vscode.Disposable {
  return registerCommand(commands.attackCheckpoint, services.log, async (target, selection, options) => {
    if (!isTrusted('An attack')) return undefined;
    // The questions are loaded when they are asked: activation has to be short.
    const { attackOptions, prepareAttack } = await import('../attack/prepare-attack');
    const given = attackOptions.parse(options ?? {});
    const checkpoints = await pickCheckpoints(services, target, selection, given.checkpoint);
    if (checkpoints.length === 0) return undefined;
    const prepared = await prepareAttack(services, checkpoints, given);
    return prepared && startAttacks(services, checkpoints, prepared);
  });
}

/**
 * All of them are in the queue then, in their order.
 * @returns the first run's id; undefined when it waits
 */
async function startAttacks(
  services: Services,
  checkpoints: readonly Checkpoint[],
  { request, remember }: PreparedAttack,
): Promise<string | undefined> {
  const { runs, jobs, registry } = services;
  const { formats } = await registry();
  // The questions may have been open for a while.
  for (const { modelFile, title } of checkpoints) {
    if (await sniffFormat(formats, modelFile)) continue;
    void showError(await whyNoCheckpoint(formats, modelFile, title));
    return undefined;
  }
  await remember();
  let first: Promise<string | undefined> | undefined;
  for (const [place, { title, modelFile, root }] of checkpoints.entries()) {
    await runs.addRoot(root);
    const position = checkpoints.length > 1 ? ` (${place + 1} of ${checkpoints.length})` : '';
    const job = await jobs.attack(`attack on ${title}${position}`, {
      ...request,
      root,
      checkpoint: modelFile,
      device: deviceSetting(),
      threads: threadsSetting(),
      ignoreMemory: ignoreMemorySetting(),
    });
    // Those after the first wait for it: that they do is no news.
    if (first) void reportOwnEnd(services, job);
    else first = followJob(services, job);
  }
  return first;
}
