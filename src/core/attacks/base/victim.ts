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
  const victim = (foldNorms: boolean): Victim => ({
    device,
    classes: classesOf(model),
    logits: (images) => forward(model, images, { batchNorm, updateStatistics: false, foldNorms }),
  });
  const seen = victim(false);
  if (batchNorm === 'eval') quicker.set(seen, victim(true));
  return seen;
}

/** The same victim but for rounding, whose programs make fewer passes over memory. */
const quicker = new WeakMap<Victim, Victim>();

/** The victim as programs see it that run thousands of times. What they find is judged by the victim itself. */
export function inFewerPasses(victim: Victim): Victim {
  return quicker.get(victim) ?? victim;
}

export function classesOf(model: tf.LayersModel): number {
  return model.outputs[0]?.shape.at(-1) ?? 0;
}
