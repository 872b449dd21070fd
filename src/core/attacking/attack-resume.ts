import path from 'node:path';
import type { DeviceChoice } from '../engine/devices/device-choice';
import { M2atError } from '../errors';
import { selectImages } from './attack-images';
import { attackLoaded, type AttackingOptions, type AttackResult } from './attack-loaded';
import { builtIn } from '../registry/registry';
import { loadClassifier } from './classifier';
import { assertSameDraws } from '../runs/draws-version';
import { knownTaskOf, planOf, type KnownAttackTask } from '../runs/known-task';
import { readTask } from '../runs/stored-task';
import { lockRun } from '../runs/run-lock';
import { runDirectory, runFile } from '../records/run-paths';
import { assertBegun } from '../runs/not-begun';
import { recordAgain } from '../runs/run-lifecycle';
import { assertOver } from '../runs/run-owner';
import { assertExists, readIntactRecord, readRun } from '../runs/run-store';
import { supervised } from '../runs/supervised';
import { removeLeftovers } from '../runs/tidy-runs';

export interface ResumeAttackOptions extends AttackingOptions {
  /** A run that was stopped or interrupted, or that failed. */
  readonly id: string;
  readonly device?: DeviceChoice | undefined;
  readonly threads?: number | undefined;
}

/**
 * Goes on with an attack run where it was stopped or interrupted, to the same report as if it had not been.
 * @throws M2atError `bad-input` when there is no such run, or it can't be resumed; otherwise as `attackRun`
 */
export async function resumeAttack(options: ResumeAttackOptions): Promise<AttackResult> {
  const { root, id, registry: { attacks: list, formats } = builtIn } = options;
  const folder = runDirectory(root, id);
  await assertExists(folder, id);
  const release = await lockRun(path.join(folder, runFile.lock));
  try {
    await assertBegun(root, { id, kind: 'attack' });
    const record = await readIntactRecord(root, id);
    const hint = 'Resume an attack that was stopped or interrupted, or that failed.';
    if (record.kind !== 'attack') throw new M2atError('bad-input', `${id} is no attack`, { hint });
    if (record.status === 'done') throw new M2atError('bad-input', `the attack ${id} is done`, { hint });
    await assertOver(path.join(folder, runFile.record), record);
    await removeLeftovers(folder);
    const stored = knownTaskOf(list, await readTask(root, id), record);
    assertSameDraws(stored.draws, record, 'Start the attack anew');
    const source = options.resources?.dataset ?? stored.source;
    const { device = stored.device, threads = stored.threads } = options;
    if (!source) {
      throw new M2atError('bad-input', `the attack ${id} does not say where its images came from`, { hint });
    }
    const plan = planOf(list, stored);
    const { report: previous } = await readRun(root, id);
    const classifier = await loadClassifier(formats, stored.checkpoint, stored.input, list);
    try {
      const choose = (available: number): Promise<KnownAttackTask> => {
        const indices = selectImages(available, { indices: stored.indices });
        return Promise.resolve({ ...stored, indices, device, threads });
      };
      return await supervised(options, recordAgain(record, 'arrays'), (writer) =>
        attackLoaded(options, { classifier, plan, source, choose, writer, previous, resumed: true }),
      );
    } finally {
      classifier.model.dispose();
    }
  } finally {
    await release();
  }
}
