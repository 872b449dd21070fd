import type * as tf from '@tensorflow/tfjs';
import type { ForwardVictim } from '../attacks/base/forward-victim';
import type { Victim } from '../attacks/base/victim';
import type { Device } from '../engine/devices/device';
import { soundDevice, type DeviceOptions } from '../engine/devices/devices';
import { victimOf, type Classifier } from './classifier';

export interface SoundVictimOptions extends Pick<DeviceOptions, 'threads'> {
  /** Height, width and channels of the images. */
  readonly imageShape: readonly number[];
  /** The device belongs to somebody else, and stays open where another one takes its place. */
  readonly isShared: boolean;
  readonly seed?: number;
}

/**
 * The classifier as a victim on a device, or on the CPU in place of a GPU that computes layers of it wrongly: see
 * {@link soundDevice}. A device that is not the one given is the caller's to dispose.
 * @throws M2atError as {@link victimOf}
 */
export async function soundVictim(
  classifier: Classifier,
  device: Device,
  { imageShape, threads, isShared, seed }: SoundVictimOptions,
): Promise<Victim | ForwardVictim> {
  const victim = await victimOf(classifier, device, imageShape, seed);
  if (!('logits' in victim)) return victim;
  const network = (images: tf.Tensor): tf.Tensor[] => [victim.logits(images)];
  const inputs = [{ dtype: 'float32', shape: [2, ...imageShape] }] as const;
  const sound = await soundDevice(device, { network, inputs, isShared }, { threads });
  if (sound === device) return victim;
  try {
    return await victimOf(classifier, sound, imageShape, seed);
  } catch (error) {
    await sound.dispose();
    throw error;
  }
}
