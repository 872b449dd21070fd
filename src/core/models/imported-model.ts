import type * as tf from '@tensorflow/tfjs';

export const modelFormats = ['layers-model', 'graph-model', 'onnx'] as const;
export type ModelFormat = (typeof modelFormats)[number];

/** An image classifier from a file, as a differentiable function. */
export interface ImportedModel {
  readonly format: ModelFormat;
  /** Shape of the input as the file declares it; null where it leaves a dimension open. Rank 4 for images. */
  readonly inputShape: readonly (number | null)[];
  /** Where the file's input has its channels. */
  readonly layout: 'NHWC' | 'NCHW';
  /** Size of the output's last axis, where the file says it. */
  readonly classes: number | undefined;
  /** What the file says about itself: producer, domain, and whatever it has of key and value. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The file's weights; programs capture them, so they are inputs of a compiled graph and not part of it. */
  readonly weights: readonly tf.Variable[];
  /**
   * The network in inference mode, for use inside a program; differentiable in `x`.
   * @param x float32 in the file's own layout and range
   * @returns [N, classes]
   */
  forward(x: tf.Tensor): tf.Tensor;
  /** Whether it draws random numbers, in inference as well. */
  readonly random?: boolean | undefined;
  /** Whether the file ends in a softmax, where that can be told. */
  readonly outputs?: 'logits' | 'probabilities' | undefined;
  /** The range of pixels, where the network tells it: by a first layer that rescales them, say. */
  readonly inputRange?: readonly [number, number] | undefined;
  /** The same as `forward` without the softmax at its end, if there is one: what attacks differentiate. */
  logits?(x: tf.Tensor): tf.Tensor;
  dispose(): void;
}
