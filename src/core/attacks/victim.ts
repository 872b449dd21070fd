import * as tf from '@tensorflow/tfjs';
import type { Device } from '../engine/device';
import { forward } from '../models/forward';
import { crossEntropy } from './cross-entropy';

/** A classifier under attack: its differentiable forward pass, and the device that programs over it run on. */
export interface Victim {
  readonly device: Device;
  readonly classes: number;
  /** Its output is random: an image that fools in one pass may not do so in the next. */
  readonly random?: boolean | undefined;
  /**
   * The network, for use inside a program.
   * @param images [N, H, W, C] in [0, 1]
   * @returns logits [N, classes]
   */
  logits(images: tf.Tensor): tf.Tensor;
}

/**
 * A layers model as a victim.
 * @param batchNorm `eval`: BatchNorm with its moving statistics, as when the model is used. `train`: with the
 * statistics of the attacked batch, as some training methods do. The moving statistics are never updated.
 */
export function layersModelVictim(
  device: Device,
  model: tf.LayersModel,
  batchNorm: 'train' | 'eval',
): Victim {
  return {
    device,
    classes: classesOf(model),
    logits: (images) => forward(model, images, { batchNorm, updateStatistics: false }),
  };
}

export function classesOf(model: tf.LayersModel): number {
  return model.outputs[0]?.shape.at(-1) ?? 0;
}

/**
 * Gradient of the summed cross-entropy with respect to the images, for use inside a program. Summed and not
 * averaged, so that an image's gradient does not depend on the size of its batch.
 * @param images [N, H, W, C]
 * @param targets [N, classes], rows that sum to 1
 */
export function inputGradient(victim: Victim, images: tf.Tensor, targets: tf.Tensor): tf.Tensor {
  return tf.grad((x) => tf.sum(crossEntropy(victim.logits(x), targets)))(images);
}
