import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { RunRecord } from '../../core/runs/run-files';
import { runFile } from '../../core/runs/run-paths';
import { hasCheckpoint } from '../checkpoint/run-checkpoints';

/** Whether the run in this folder has what it takes to go on: a checkpoint, or the task of an attack. */
export function hasResumePoint({ kind }: RunRecord, folder: string): Promise<boolean> {
  if (kind === 'train') return hasCheckpoint(folder);
  return stat(path.join(folder, runFile.attack)).then(
    () => true,
    () => false,
  );
}
