import type * as tf from '@tensorflow/tfjs';
import type { Device } from '../../engine/devices/device';
import { forward } from '../../models/layers-model/forward';
import type { Differentiable } from './image-gradient';

/** A classifier under attack: its differentiable forward pass, and the device that programs over it run on. */
export interface Victim extends Differentiable {
  readonly device: Device;
  readonly classes: number;
  /** Its output is random: an image that fools in one pass may not do so in the next. */
  readonly random?: boolean | undefined;
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
