import type * as tf from '@tensorflow/tfjs';
import type { LabelledImages } from '../attacks/attack';
import type { Device } from '../engine/device';
import type { NdArray } from '../engine/nd-array';
import type { Random } from '../random';

/** What a method draws random numbers for; each purpose has its own stream. */
export type MethodPurpose = 'pgd-start' | 'mask' | 'mix';

export interface MethodContext {
  /** The stream of a purpose for this step. */
  readonly random: (purpose: MethodPurpose) => Random;
  readonly signal: AbortSignal;
}

/** What the network is trained on in one step. */
export interface PreparedBatch {
  /** float32 [N, H, W, C] in [0, 1]. */
  readonly images: NdArray<'float32'>;
  /** float32 [N, classes], rows that sum to 1. */
  readonly targets: NdArray<'float32'>;
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

/** A training method bound to a network: it makes the images that a step trains on, and their labels. */
export interface Method {
  /** @throws M2atError `cancelled` */
  prepare(batch: LabelledImages, context: MethodContext): Promise<PreparedBatch>;
  /** The same as `prepare`, taken apart for the sample grid. @throws M2atError `cancelled` */
  preview(batch: LabelledImages, context: MethodContext): Promise<Preview>;
  dispose(): Promise<void>;
}

/** What every method's file exports. */
export type CreateMethod<Parameters> = (
  network: { readonly device: Device; readonly model: tf.LayersModel; readonly classes: number },
  parameters: Parameters,
) => Method;
