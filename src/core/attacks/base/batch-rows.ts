import { float32, sizeOf, type NdArray } from '../../engine/arrays/nd-array';
import type { LabelledImages } from './attack';

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

/** Arrays [N, …] one below the other; all but N is the same in each. */
export function joinRows(parts: readonly NdArray<'float32'>[]): NdArray<'float32'> {
  const [first] = parts;
  if (!first || parts.length === 1) return first ?? float32(new Float32Array(), [0]);
  const shape = first.shape.slice(1);
  const count = parts.reduce((sum, part) => sum + (part.shape[0] ?? 0), 0);
  const data = new Float32Array(count * sizeOf(shape));
  let from = 0;
  for (const part of parts) {
    data.set(part.data, from);
    from += part.data.length;
  }
  return float32(data, [count, ...shape]);
}

/** The images of a batch at `rows`, in that order, with all that belongs to them. */
export function gatherBatch(
  { images, labels, targetClasses }: LabelledImages,
  rows: readonly number[],
): LabelledImages {
  return {
    images: gatherRows(images, rows),
    labels: Int32Array.from(rows, (row) => labels[row] ?? 0),
    targetClasses: targetClasses && Int32Array.from(rows, (row) => targetClasses[row] ?? 0),
  };
}

/** `rows`, and then the first of them again up to `size`. */
export function paddedRows(rows: readonly number[], size: number): readonly number[] {
  return rows.length >= size ? rows : Array.from({ length: size }, (_, n) => rows[n] ?? rows[0] ?? 0);
}

/** Shares of a batch, each of them a compilation: those cost less than the rows that too large a batch would waste. */
const SHARES = [1 / 8, 3 / 16, 1 / 4, 3 / 8, 1 / 2, 5 / 8, 3 / 4, 7 / 8];

/** Rows that a CPU's narrowest vectors hold. */
const VECTOR = 4;

/**
 * The next size of a batch in which no image's result depends on how many others there are, to the bit, on a CPU. The
 * logarithms of what is left after whole vectors are rounded in another way, and so is a matrix product of one row.
 */
export function evenSize(count: number): number {
  return VECTOR * Math.ceil(count / VECTOR);
}

/** The smallest of a few batch sizes, all of them even (see {@link evenSize}), that has room for `count` images. */
export function bucketFor(count: number, whole: number): number {
  return (
    SHARES.map((share) => evenSize(share * whole)).find((size) => size >= count && size <= whole) ?? whole
  );
}

/** Sizes below `whole` for the last batch of an attack, in steps of a sixteenth, which are 4 images or more. */
export function smallerBatches(whole: number): readonly number[] {
  const step = Math.max(4, Math.ceil(whole / 16));
  return Array.from({ length: Math.ceil(whole / step) - 1 }, (_, n) => (n + 1) * step);
}
