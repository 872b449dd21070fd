import path from 'node:path';
import { M2atError } from '../../core/errors';
import type { ModelInspection } from '../../protocol/worker-protocol';
import type { Checkpoint } from '../checkpoint/pick-checkpoint';
import { withProgress } from '../show/notifications';
import type { Questions } from '../worker/questions';

/**
 * Looks at models in a worker, one after the other, with a toast that cancels.
 * @param outputName of several outputs, the one with the class scores
 * @throws M2atError `cancelled`; otherwise what is wrong with the first model that can't be read
 */
export function inspectModels(
  questions: Questions,
  checkpoints: readonly Pick<Checkpoint, 'modelFile' | 'title'>[],
  outputName?: string,
): Thenable<ModelInspection[]> {
  return withProgress({ title: 'Reading', cancellable: true }, async (report, token) => {
    const inspections: ModelInspection[] = [];
    for (const { modelFile, title } of checkpoints) {
      report({ message: `${title}…` });
      try {
        inspections.push(await questions.inspect({ checkpoint: modelFile, outputName }, token));
      } catch (error) {
        throw error instanceof M2atError && error.code === 'internal' ? crashed(modelFile, error) : error;
      }
    }
    return inspections;
  });
}

/** Looks at a model once more, with another of its outputs. */
export function inspectAgain(
  questions: Questions,
  inspection: ModelInspection,
): (outputName: string) => Promise<ModelInspection> {
  const { modelFile } = inspection;
  return async (outputName) => {
    const [again] = await inspectModels(
      questions,
      [{ modelFile, title: path.basename(modelFile) }],
      outputName,
    );
    return again ?? inspection;
  };
}

/** A damaged file can bring down the library that reads it, which is why a process of its own does. */
function crashed(modelFile: string, cause: M2atError): M2atError {
  return new M2atError('checkpoint', `${path.basename(modelFile)} can't be read: ${cause.what}`, {
    where: modelFile,
    ...(cause.hint !== undefined && { hint: cause.hint }),
    cause,
  });
}
