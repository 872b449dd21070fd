import type * as tf from '@tensorflow/tfjs';
import { M2atError } from '../errors';
import {
  loadTrainingCheckpoint,
  restoreVelocities,
  type CheckpointMetadata,
  type TrainingCheckpoint,
} from '../runs/checkpoint-store';
import type { Trainer } from './trainer';

/**
 * The experiment's own network keeps its structure; the checkpoint only lends the weights.
 * @param where the checkpoint's file
 * @throws M2atError `checkpoint` when they are another network's
 */
export function copyWeights({ model: from }: TrainingCheckpoint, to: tf.LayersModel, where: string): void {
  const shapes = (model: tf.LayersModel): string => JSON.stringify(model.weights.map(({ shape }) => shape));
  if (shapes(from) !== shapes(to)) {
    throw new M2atError('checkpoint', "the checkpoint's network is not the experiment's", {
      where,
      hint: 'experiment.json or the checkpoint was changed; start a new run.',
    });
  }
  to.setWeights(from.getWeights());
}

/** @throws M2atError `checkpoint` when the optimizer's state is another network's */
export function restoreOptimizer(
  trainer: Trainer,
  { state, optimizer }: TrainingCheckpoint,
  where: string,
): void {
  restoreVelocities(trainer.step.state, optimizer, `${where}: ${state.optimizerFile}`);
}

/**
 * Sets a network in training back to a checkpoint, its optimizer's state too.
 * @returns what the checkpoint says of itself
 * @throws M2atError `checkpoint` when there is none, or not as it was saved
 */
export async function goTo(trainer: Trainer, folder: string): Promise<CheckpointMetadata> {
  const checkpoint = await loadTrainingCheckpoint(folder);
  if (!checkpoint) {
    const hint = 'Put a copy of the checkpoint back, and resume the run.';
    throw new M2atError('checkpoint', 'is missing', { where: folder, hint });
  }
  try {
    copyWeights(checkpoint, trainer.model, folder);
    restoreOptimizer(trainer, checkpoint, folder);
    return checkpoint.state;
  } finally {
    checkpoint.model.dispose();
  }
}
