import path from 'node:path';
import { M2atError } from '../errors';
import { assertOwnFolder } from '../files/own-folders';
import { loadTrainingCheckpoint, type TrainingCheckpoint } from './checkpoint-store';
import { description, resumePoints, runFile } from '../records/run-paths';

/** The checkpoint that a run goes on from. */
export interface ResumePoint {
  readonly checkpoint: TrainingCheckpoint;
  /** `model.json` or `previous.json`. */
  readonly file: string;
  /** It is the latest one. */
  readonly isLatest: boolean;
  /** What is wrong with those that would have come first. */
  readonly warnings: readonly string[];
}

/**
 * The latest checkpoint of a run that is as it was saved: the last, the one before it, or the best.
 * @returns undefined when there is none at all
 * @throws M2atError `no-checkpoint` when there are some, but none that can be read
 */
export async function findResumePoint(run: string): Promise<ResumePoint | undefined> {
  const problems: string[] = [];
  await assertOwnFolder(path.join(run, runFile.checkpoints)).catch((error: unknown) => {
    if (!(error instanceof M2atError)) throw error;
    throw needsStart(`no checkpoint of it can be read: ${error.where ?? ''} ${error.what}`, run);
  });
  let isLatest = true;
  for (const { folder, name } of resumePoints) {
    const file = path.join(run, folder, name);
    try {
      const checkpoint = await loadTrainingCheckpoint(path.join(run, folder), name);
      if (checkpoint) {
        const from = `The run goes on from ${file}, step ${checkpoint.state.step}, to the same numbers.`;
        // Where there is one before the latest, no crash leaves it without the latest.
        const isLost = name === description.previous && problems.length === 0;
        if (isLost) problems.push(`${path.join(run, folder, description.latest)} is missing`);
        const warnings = problems.map((problem) => `${problem}. ${from}`);
        return { checkpoint, file, isLatest, warnings };
      }
    } catch (error) {
      if (!(error instanceof M2atError)) throw error;
      problems.push(`${error.where ?? file} ${error.what}`);
    }
    isLatest = false;
  }
  if (problems.length === 0) return undefined;
  throw needsStart(`no checkpoint of it can be read: ${problems.join('; ')}`, run);
}

/** @param what why nothing can be gone on from */
export function needsStart(what: string, run: string): M2atError {
  return new M2atError('no-checkpoint', what, {
    where: run,
    hint:
      'Put a copy of its checkpoints back. Or give up what it has done: ' +
      `\`m2at train --resume ${path.basename(run)} --from-start\` begins it again at step 0.`,
  });
}
