import type * as tf from '@tensorflow/tfjs';

/**
 * A program: a pure function written against the TensorFlow.js API. It may read and assign `tf.Variable`s.
 * It must not read the value of a tensor (`dataSync`), because under tracing there is none.
 */
export type Program = (...inputs: tf.Tensor[]) => tf.Tensor[];
