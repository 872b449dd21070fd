import type * as tf from '@tensorflow/tfjs';
import type { CheckpointParameters } from './networks/model-schema';

/** How a network from a file is made ready for training. */
export interface FineTuneOptions extends Pick<CheckpointParameters, 'head' | 'freeze'> {
  /** Height, width and channels of the images. */
  readonly inputShape: readonly [number, number, number];
  readonly classes: number;
  /** Of a new head. */
  readonly seed: number;
}

/** A network to train, and what is new about it. */
export interface FineTuned {
  /** Images [N, H, W, C] in [0, 1] to logits [N, classes]. The caller disposes it. */
  readonly model: tf.LayersModel;
  readonly newHead: boolean;
  /** Layers with weights that are not trained because of `freeze`, in order. */
  readonly frozen: readonly string[];
  /** How many numbers are trained, and how many there are, moving statistics included. */
  readonly numbers: { readonly trained: number; readonly all: number };
  /** What people should know of its training. */
  readonly notes: readonly string[];
}
