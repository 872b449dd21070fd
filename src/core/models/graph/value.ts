import * as tf from '@tensorflow/tfjs';
import type { HostArray } from './graph';

/** A value of four dimensions may be stored with its channels last, as TF.js wants images. */
export class TensorValue {
  /** Zeros that a Pad put around another image: a convolution pads that one by itself. */
  padded: { readonly source: TensorValue; readonly pads: Pads } | undefined;

  constructor(
    readonly tensor: tf.Tensor,
    readonly channelsLast = false,
  ) {}

  /** The shape that ONNX sees. */
  get shape(): number[] {
    const { shape } = this.tensor;
    return this.channelsLast ? toChannelsFirst(shape) : [...shape];
  }

  get rank(): number {
    return this.tensor.rank;
  }

  /** Where ONNX's axis is stored. */
  storedAxis(axis: number): number {
    return this.channelsLast ? ([0, 3, 1, 2][axis] ?? axis) : axis;
  }

  /** The tensor in ONNX's order. */
  plain(): tf.Tensor {
    return this.channelsLast ? moved(this.tensor, [0, 3, 1, 2], this.shape) : this.tensor;
  }

  /** The tensor, of four dimensions, with its channels last. */
  image(): tf.Tensor4D {
    const { shape } = this;
    const image = this.channelsLast ? this.tensor : moved(this.tensor, [0, 2, 3, 1], toChannelsLast(shape));
    if (isImage(image)) return image;
    throw new RangeError(`an image is needed, and not the shape [${shape.join(', ')}]`);
  }

  /** This value behind a function that changes neither numbers nor shape. */
  through(identity: (tensor: tf.Tensor) => tf.Tensor): TensorValue {
    const tensor = identity(this.tensor);
    if (tensor === this.tensor) return this;
    const value = this.with(tensor);
    value.padded = this.padded;
    return value;
  }

  /** The same layout for another tensor. */
  with(tensor: tf.Tensor): TensorValue {
    return new TensorValue(tensor, this.channelsLast);
  }
}

/** What flows between nodes: a tensor, or numbers that are known already. */
export type GraphValue = TensorValue | HostArray;

/** Rows above, columns to the left, rows below, columns to the right. */
export type Pads = readonly [top: number, left: number, bottom: number, right: number];

export function isTensorValue(value: GraphValue): value is TensorValue {
  return value instanceof TensorValue;
}

export function isImage(tensor: tf.Tensor): tensor is tf.Tensor4D {
  return tensor.rank === 4;
}

/** An image, NHWC, as a value. */
export function imageValue(tensor: tf.Tensor): TensorValue {
  return new TensorValue(tensor, true);
}

function toChannelsFirst([n = 1, h = 1, w = 1, c = 1]: readonly number[]): number[] {
  return [n, c, h, w];
}

function toChannelsLast([n = 1, c = 1, h = 1, w = 1]: readonly number[]): number[] {
  return [n, h, w, c];
}

/** A transposition between the two orders of an image; without channels or extent nothing moves. */
function moved(tensor: tf.Tensor, permutation: number[], shape: number[]): tf.Tensor {
  const sizes = permutation.filter((axis) => axis > 0 && tensor.shape[axis] !== 1);
  const inOrder = sizes.every((axis, i) => i === 0 || axis > (sizes[i - 1] ?? 0));
  return inOrder ? tf.reshape(tensor, shape) : tf.transpose(tensor, permutation);
}

/**
 * Tensors that are to be combined element by element, in one order: channels last as soon as one of them has its
 * channels there.
 */
export function together(values: readonly TensorValue[]): { tensors: tf.Tensor[]; channelsLast: boolean } {
  const rank = Math.max(...values.map((value) => value.rank));
  const channelsLast = rank === 4 && values.some((value) => value.channelsLast);
  if (!channelsLast) return { tensors: values.map((value) => value.plain()), channelsLast };
  const tensors = values.map((value) => {
    if (value.rank === 0 || value.channelsLast) return value.tensor;
    if (value.rank === 4) return value.image();
    const full = [...Array<number>(4 - value.rank).fill(1), ...value.tensor.shape];
    return new TensorValue(tf.reshape(value.tensor, full)).image();
  });
  return { tensors, channelsLast };
}
