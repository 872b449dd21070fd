import { float32, sizeOf, type NdArray } from '../engine/nd-array';

/** The rows of `array` at `rows`, in that order; the array itself when that is all of them. */
export function gatherRows(array: NdArray<'float32'>, rows: readonly number[]): NdArray<'float32'> {
  const [count = 0, ...shape] = array.shape;
  if (rows.length === count && rows.every((row, n) => row === n)) return array;
  const size = sizeOf(shape);
  const data = new Float32Array(rows.length * size);
  for (const [n, row] of rows.entries())
    data.set(array.data.subarray(row * size, (row + 1) * size), n * size);
  return float32(data, [rows.length, ...shape]);
}

/** `rows`, and then the first of them again up to `size`. */
export function paddedRows(rows: readonly number[], size: number): readonly number[] {
  return rows.length >= size ? rows : Array.from({ length: size }, (_, n) => rows[n] ?? rows[0] ?? 0);
}

/** A few sizes only, since each is a compilation of its own: the whole batch, a half, a quarter, an eighth. */
export function bucketFor(count: number, whole: number): number {
  let size = whole;
  for (let level = 0; level < 3 && count <= Math.ceil(size / 2); level++) size = Math.ceil(size / 2);
  return size;
}
