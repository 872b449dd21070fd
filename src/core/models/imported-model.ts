import type * as tf from '@tensorflow/tfjs';
import type { NdArray } from '../engine/arrays/nd-array';
import type { ChosenOutput, ModelOutput } from './choose-output';

export interface ModelOutputs extends Pick<ChosenOutput<ModelOutput>, 'because'> {
  readonly name: string;
  readonly all: readonly ModelOutput[];
}

/** One number, or one a channel. */
export interface InputNormalization {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** An image classifier from a file, as a differentiable function. */
export interface ImportedModel {
  /** Id of its format. */
  readonly format: string;
  /** Shape of the input as the file declares it; null where it leaves a dimension open. Rank 4 for images. */
  readonly inputShape: readonly (number | null)[];
  /** Where the file's input has its channels. */
  readonly layout: 'NHWC' | 'NCHW';
  /** The network's operations tell the layout, and not its shape or what is usual. */
  readonly layoutRecognized?: boolean | undefined;
  /** The output that `forward` returns, why it is this one, and every one that there is. */
  readonly output?: ModelOutputs | undefined;
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
  /** Whether the file ends in a softmax, where that can be told: undefined for a sigmoid at its end, say. */
  readonly outputs?: 'logits' | 'probabilities' | undefined;
  /** The range of pixels, where the network tells it: by a first layer that rescales them, say. */
  readonly inputRange?: readonly [number, number] | undefined;
  /** What the network itself does with pixels of this range, brought to [0, 1], first: (x - mean) / std. */
  readonly normalizes?: InputNormalization | undefined;
  /** It was trained by this program, and normalises its input itself. */
  readonly isOwn?: boolean | undefined;
  /**
   * Whether it was compared with its checksums; false for a checkpoint of this program that has none, undefined for
   * models from elsewhere.
   */
  readonly verified?: boolean | undefined;
  /** A node that drops values as in training, which may be a defence or a mistake of the export. */
  readonly dropsAt?: string | undefined;
  /** The same as `forward` without the softmax at its end, if there is one: what attacks differentiate. */
  logits?(x: tf.Tensor): tf.Tensor;
  /**
   * Runs the network and its gradient once on shapes alone.
   * @param shape of the input, in the file's own layout
   * @throws M2atError that names the node (or layer) that can't be run, `checkpoint`, or differentiated, `unsupported`
   */
  tryOut?(shape: readonly number[]): void;
  dispose(): void;
}

/** An image classifier that only runs forwards: what score- and decision-based attacks need. */
export interface ForwardOnlyModel extends Pick<
  ImportedModel,
  | 'dropsAt'
  | 'inputShape'
  | 'layout'
  | 'layoutRecognized'
  | 'output'
  | 'classes'
  | 'metadata'
  | 'inputRange'
  | 'normalizes'
> {
  /**
   * @param images in the file's own layout and range, [N, …]
   * @returns [N, classes]
   */
  logits(images: NdArray<'float32'>): Promise<NdArray<'float32'>>;
  dispose(): Promise<void>;
}
