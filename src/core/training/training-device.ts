import type * as tf from '@tensorflow/tfjs';
import type { Device } from '../engine/devices/device';
import { openDevice, soundDevice } from '../engine/devices/devices';
import type { ResolvedExperiment } from '../experiment/experiment-schema';
import { forward } from '../models/layers-model/forward';

/** What decides the device of a training. */
export type AskedDevice = Pick<ResolvedExperiment, 'device' | 'threads'>;

// Rounds as runs of earlier versions did: what goes on must not change.
const rounding = { alignedRows: false };

/** @throws M2atError `device` when it can't be used, and nothing can replace it */
export function openTrainingDevice({ device, threads }: AskedDevice): Promise<Device> {
  return openDevice(device, { threads, ...rounding });
}

/** The device, or the CPU in place of a GPU that computes layers of this network wrongly: see {@link soundDevice}. */
export function deviceFor(
  device: Device,
  model: tf.LayersModel,
  { threads, isShared }: Pick<AskedDevice, 'threads'> & { readonly isShared: boolean },
): Promise<Device> {
  const [, ...imageShape] = (model.inputs[0]?.shape ?? []).map((size) => size ?? 1);
  const inputs = [{ dtype: 'float32', shape: [2, ...imageShape] }] as const;
  const network = (images: tf.Tensor): tf.Tensor[] => [
    forward(model, images, { batchNorm: 'eval', updateStatistics: false }),
  ];
  return soundDevice(device, { network, inputs, isShared }, { threads, ...rounding });
}
