import path from 'node:path';
import { npyValues } from '../../src/core/data/npy';
import { readNpy } from '../../src/core/data/npy-file';
import { float32, type NdArray } from '../../src/core/engine/arrays/nd-array';
import { root } from './root';

/** A file of test/reference/cases. */
export function caseFile(name: string): string {
  return path.join(root, 'test', 'reference', 'cases', name);
}

/** The numbers of a `.npy` file there. */
export async function readCase(name: string): Promise<NdArray<'float32'>> {
  const { header, data } = await readNpy(caseFile(name), () => undefined);
  return float32(Float32Array.from(npyValues(header, data)), header.shape);
}
