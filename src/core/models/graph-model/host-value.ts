import * as tf from '@tensorflow/tfjs';
import type { DType } from '../../engine/arrays/nd-array';
import { dtypeOf } from '../../engine/tracing/host-storage';

/** A value that is known while the network is built: a constant, or a shape and what is computed from it. */
export class HostValue {
  constructor(
    readonly shape: readonly number[],
    readonly dtype: DType,
    readonly data: ArrayLike<number>,
  ) {}

  static vector(data: readonly number[]): HostValue {
    return new HostValue([data.length], 'int32', data);
  }

  static scalar(value: number): HostValue {
    return new HostValue([], 'int32', [value]);
  }

  /** Of a tensor whose values can be read. */
  static of(tensor: tf.Tensor): HostValue {
    return new HostValue([...tensor.shape], dtypeOf(tensor), tensor.dataSync().slice());
  }

  toTensor(): tf.Tensor {
    const data =
      this.dtype === 'float32'
        ? Float32Array.from(this.data)
        : this.dtype === 'int32'
          ? Int32Array.from(this.data)
          : Uint8Array.from(this.data);
    return tf.tensor(data, [...this.shape], this.dtype);
  }
}

export type GraphValue = tf.Tensor | HostValue;
