import { float32, type NdArray } from '../engine/arrays/nd-array';
import type { LabelledSet } from './dataset';

/**
 * The images at `indices`, in that order.
 * @returns float32 [N, H, W, C] in [0, 1]
 * @throws RangeError when an index is outside the set
 */
export function gatherImages(set: LabelledSet, indices: ArrayLike<number>): NdArray<'float32'> {
  const { images, height, width, channels } = set;
  const size = height * width * channels;
  const out = new Float32Array(indices.length * size);
  for (let n = 0; n < indices.length; n++) {
    const from = rowAt(set, indices, n) * size;
    const to = n * size;
    if (images instanceof Float32Array) out.set(images.subarray(from, from + size), to);
    else for (let i = 0; i < size; i++) out[to + i] = (images[from + i] ?? 0) / 255;
  }
  return float32(out, [indices.length, height, width, channels]);
}

/** The labels at `indices`, in that order. Throws RangeError when an index is outside the set. */
export function gatherLabels(set: LabelledSet, indices: ArrayLike<number>): Int32Array {
  return Int32Array.from(indices, (_, n) => set.labels[rowAt(set, indices, n)] ?? 0);
}

/**
 * One-hot rows of `labels`.
 * @returns float32 [N, classes]
 * @throws RangeError when a label is outside [0, classes)
 */
export function oneHot(labels: ArrayLike<number>, classes: number): NdArray<'float32'> {
  const out = new Float32Array(labels.length * classes);
  for (let n = 0; n < labels.length; n++) {
    const label = labels[n] ?? -1;
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new RangeError(`label ${label} at ${n} is not between 0 and ${classes - 1}`);
    }
    out[n * classes + label] = 1;
  }
  return float32(out, [labels.length, classes]);
}

/** The row of the image whose index is at `n`. Throws RangeError when it is outside the set, or was not read. */
export function rowAt({ count, rows }: LabelledSet, indices: ArrayLike<number>, n: number): number {
  const index = indices[n] ?? -1;
  if (!Number.isInteger(index) || index < 0 || index >= count) {
    throw new RangeError(`index ${index} at ${n} is not between 0 and ${count - 1}`);
  }
  const row = rows ? rows.get(index) : index;
  if (row === undefined) throw new RangeError(`image ${index} at ${n} was not read`);
  return row;
}
