import type { DeviceArray } from '../../engine/arrays/device-array';
import type { NdArray } from '../../engine/arrays/nd-array';

/** The output at `index` of a program, as float32. Throws TypeError when the program has no such output. */
export function float32Output(outputs: readonly NdArray[], index: number): NdArray<'float32'> {
  const output = outputs[index];
  if (output?.data instanceof Float32Array) {
    return { dtype: 'float32', shape: output.shape, data: output.data };
  }
  throw missing(index, output?.dtype);
}

export function firstFloat32(outputs: readonly NdArray[]): NdArray<'float32'> {
  return float32Output(outputs, 0);
}

/** The same for an output that stays on the device. */
export function firstOnDevice(outputs: readonly DeviceArray[]): DeviceArray<'float32'> {
  const [output] = outputs;
  if (output && isFloat32(output)) return output;
  throw missing(0, output?.dtype);
}

/** A result of a program, as float32. Throws TypeError when it is something else. */
export function floatOnDevice(array: DeviceArray): DeviceArray<'float32'> {
  if (isFloat32(array)) return array;
  throw missing(0, array.dtype);
}

/** All outputs of a program that returns float32 only, at least one. */
export function floatsOnDevice(
  outputs: readonly DeviceArray[],
): [DeviceArray<'float32'>, ...DeviceArray<'float32'>[]] {
  const first = firstOnDevice(outputs);
  return [first, ...outputs.slice(1).map(floatOnDevice)];
}

/** The values of an array that is of no further use on the device. */
export async function readAndRelease(array: DeviceArray<'float32'>): Promise<NdArray<'float32'>> {
  try {
    return await array.read();
  } finally {
    array.release();
  }
}

function isFloat32(array: DeviceArray): array is DeviceArray<'float32'> {
  return array.dtype === 'float32';
}

function missing(index: number, dtype: string | undefined): TypeError {
  return new TypeError(`Output ${index} of a program should be float32; it is ${dtype ?? 'missing'}.`);
}
