import { float32, type NdArray } from '../engine/arrays/nd-array';

/** a - b, elementwise; equal shapes. */
export function difference(a: NdArray<'float32'>, b: NdArray<'float32'>): NdArray<'float32'> {
  return float32(
    a.data.map((value, i) => value - (b.data[i] ?? NaN)),
    a.shape,
  );
}
