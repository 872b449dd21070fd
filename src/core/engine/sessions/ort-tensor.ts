import * as ort from '../runtime/onnx-runtime';
import { M2atError } from '../../errors';
import type { DType, NdArray } from '../arrays/nd-array';

/** `array` as ONNX Runtime takes it; its data is not copied. */
export function tensorOf({ dtype, shape, data }: NdArray): ort.Tensor {
  if (dtype === 'bool' && data instanceof Uint8Array) return new ort.Tensor('bool', data, shape);
  if (dtype === 'int32' && data instanceof Int32Array) return new ort.Tensor('int32', data, shape);
  if (dtype === 'float32' && data instanceof Float32Array) return new ort.Tensor('float32', data, shape);
  throw new M2atError('internal', `A ${dtype} array holds a ${data.constructor.name}.`);
}

/** A result in host memory; its data is not copied. */
export function arrayOf(tensor: ort.OnnxValue | undefined, shape: readonly number[], dtype: DType): NdArray {
  const data: unknown = tensor instanceof ort.Tensor ? tensor.data : undefined;
  if (dtype === 'float32' && data instanceof Float32Array) return { dtype, shape, data };
  if (dtype === 'int32' && data instanceof Int32Array) return { dtype, shape, data };
  if (dtype === 'bool' && data instanceof Uint8Array) return { dtype, shape, data };
  throw new M2atError('internal', `ONNX Runtime returned no ${dtype} array.`);
}
