import type { NdArray } from '../engine/nd-array';

/** The output at `index` of a program, as float32. Throws TypeError when the program has no such output. */
export function float32Output(outputs: readonly NdArray[], index: number): NdArray<'float32'> {
  const output = outputs[index];
  if (output?.data instanceof Float32Array) {
    return { dtype: 'float32', shape: output.shape, data: output.data };
  }
  throw new TypeError(`Output ${index} of a program should be float32; it is ${output?.dtype ?? 'missing'}.`);
}

export function firstFloat32(outputs: readonly NdArray[]): NdArray<'float32'> {
  return float32Output(outputs, 0);
}
