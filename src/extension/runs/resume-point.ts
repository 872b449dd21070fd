import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { RunRecord } from '../../core/records/run-files';
import { resumePoints, runFile } from '../../core/records/run-paths';

/** A training without any checkpoint is asked about before it begins again: what it did shows in its metrics. */
const training = [...resumePoints.map(({ folder, name }) => path.join(folder, name)), runFile.metrics];

/** Whether the run in this folder has something to go on from, or to begin again: a checkpoint, metrics, or the task of an attack. */
export async function hasResumePoint({ kind }: RunRecord, folder: string): Promise<boolean> {
  for (const name of kind === 'train' ? training : [runFile.attack]) {
    const found = await stat(path.join(folder, name)).catch(() => undefined);
    if (found) return true;
  }
  return false;
}
