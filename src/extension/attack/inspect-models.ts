import path from 'node:path';
import * as vscode from 'vscode';
import { M2atError } from '../../core/errors';
import type { ModelInspection } from '../../protocol/worker-protocol';
import type { Checkpoint } from '../checkpoint/pick-checkpoint';
import type { Jobs } from '../worker/jobs';

/**
 * Looks at models in a worker, one after the other, with a toast that cancels.
 * @param outputName of several outputs, the one with the class scores
 * @throws M2atError `cancelled`; otherwise what is wrong with the first model that can't be read
 */
export function inspectModels(
  jobs: Jobs,
  checkpoints: readonly Pick<Checkpoint, 'file' | 'title'>[],
  outputName?: string,
): Thenable<ModelInspection[]> {
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: 'Reading', cancellable: true },
    async (progress, token) => {
      const inspections: ModelInspection[] = [];
      for (const { file, title } of checkpoints) {
        progress.report({ message: `${title}…` });
        try {
          inspections.push(
            await jobs.inspect({ file, ...(outputName !== undefined && { outputName }) }, token),
          );
        } catch (error) {
          throw error instanceof M2atError && error.code === 'internal' ? crashed(file, error) : error;
        }
      }
      return inspections;
    },
  );
}

/** Looks at a model once more, with another of its outputs. */
export function inspectAgain(
  jobs: Jobs,
  inspection: ModelInspection,
): (outputName: string) => Promise<ModelInspection> {
  const { file } = inspection;
  return async (outputName) => {
    const [again] = await inspectModels(jobs, [{ file, title: path.basename(file) }], outputName);
    return again ?? inspection;
  };
}

/** A damaged file can bring down the library that reads it, which is why a process of its own does. */
function crashed(file: string, cause: M2atError): M2atError {
  return new M2atError('checkpoint', `${path.basename(file)} can't be read: ${cause.what}`, {
    where: file,
    ...(cause.hint !== undefined && { hint: cause.hint }),
    cause,
  });
}
