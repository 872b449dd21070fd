import type * as tf from '@tensorflow/tfjs';
import type { LabelledImages } from '../attacks/base/attack';
import type { Device } from '../engine/devices/device';
import type { ProgramInput } from '../engine/arrays/device-array';
import type { NdArray } from '../engine/arrays/nd-array';
import type { Draws } from './draws';

/**
 * A batch and everything that a method draws at random for it: host arrays that are a pure function of the seed and
 * the step, so that they can be made ahead, in another thread.
 */
export interface DrawnBatch<Drawn extends Draws = Draws> extends LabelledImages {
  /** What the network is to answer: float32 [N, classes], rows that sum to 1. */
  readonly targets: NdArray<'float32'>;
  readonly draws: Drawn;
}

/** One column of the sample grid. */
export interface PreviewColumn {
  readonly key: string;
  readonly title: string;
  /** `image`: in [0, 1]. `perturbation`: in [-epsilon, epsilon]. `mask`: 0 or 1, one channel. */
  readonly kind: 'image' | 'perturbation' | 'mask';
  /** float32 [N, H, W, C]. */
  readonly data: NdArray<'float32'>;
  /** Whether the network's answer on it is worth showing. */
  readonly predict: boolean;
}

export interface Preview {
  readonly columns: readonly PreviewColumn[];
  /** Mixing coefficients, [N], of a method that mixes. */
  readonly lambda?: Float32Array;
  /** Largest size of a perturbation, to amplify it by. */
  readonly epsilon: number;
}

/** A network in training. */
export interface MethodNetwork {
  readonly device: Device;
  readonly model: tf.LayersModel;
  readonly classes: number;
}

/** A training method bound to a network: it makes the images that a step trains on. */
export interface Method<Drawn extends Draws = Draws> {
  /**
   * @returns float32 [N, H, W, C] in [0, 1], on the device where a program made them; the caller releases them
   * @throws M2atError `cancelled`
   */
  prepare(batch: DrawnBatch<Drawn>, signal: AbortSignal): Promise<ProgramInput<'float32'>>;
  /** The same as `prepare`, taken apart for the sample grid. @throws M2atError `cancelled` */
  preview(batch: DrawnBatch<Drawn>, signal: AbortSignal): Promise<Preview>;
  dispose(): Promise<void>;
}

/** What a definition loads. */
export type CreateMethod<Parameters, Drawn extends Draws> = (
  network: MethodNetwork,
  parameters: Parameters,
) => Method<Drawn>;
