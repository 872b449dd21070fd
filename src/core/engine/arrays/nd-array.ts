/** Element types that cross the boundary of a compiled program. `bool` is stored as one byte, 0 or 1. */
export type DType = 'float32' | 'int32' | 'bool';

export interface TypedArrays {
  float32: Float32Array;
  int32: Int32Array;
  bool: Uint8Array;
}

/**
 * A dense row-major array in host memory: what compiled programs take and return.
 * Images are NHWC, float32 in [0, 1].
 */
export interface NdArray<T extends DType = DType> {
  readonly dtype: T;
  readonly shape: readonly number[];
  readonly data: TypedArrays[T];
}

/** The number of elements of a shape; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, dimension) => size * dimension, 1);
}

/** A float32 array over `data` (not copied). Throws when the length does not fit the shape. */
export function float32(data: Float32Array, shape: readonly number[]): NdArray<'float32'> {
  return checked({ dtype: 'float32', shape, data });
}

/** An int32 array over `data` (not copied). Throws when the length does not fit the shape. */
export function int32(data: Int32Array, shape: readonly number[]): NdArray<'int32'> {
  return checked({ dtype: 'int32', shape, data });
}

/** A float32 scalar. */
export function scalar(value: number): NdArray<'float32'> {
  return { dtype: 'float32', shape: [], data: Float32Array.of(value) };
}

function checked<T extends DType>(array: NdArray<T>): NdArray<T> {
  if (array.data.length !== sizeOf(array.shape)) {
    throw new RangeError(
      `${array.data.length} elements do not fill the shape [${array.shape.join(', ')}] (${sizeOf(array.shape)})`,
    );
  }
  return array;
}
