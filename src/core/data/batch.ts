import { float32, type NdArray } from '../engine/arrays/nd-array';
import type { ImageSource } from './image-source';
import type { Pixels } from './source-handle';

/**
 * The images at `indices`, in that order.
 * @returns float32 [N, H, W, C] in [0, 1]
 * @throws RangeError when an index is outside the source; M2atError as {@link ImageSource.read}
 */
export async function gatherImages(
  source: ImageSource,
  indices: ArrayLike<number>,
  signal?: AbortSignal,
): Promise<NdArray<'float32'>> {
  const pixels = await readPixels(source, indices, signal);
  const { height, width, channels } = source;
  return float32(inUnits(pixels), [indices.length, height, width, channels]);
}

/** The same as the source has them: of the kind that its `values` say. */
export async function readPixels(
  source: ImageSource,
  indices: ArrayLike<number>,
  signal?: AbortSignal,
): Promise<Pixels> {
  for (let n = 0; n < indices.length; n++) rowAt(source, indices, n);
  const length = indices.length * source.height * source.width * source.channels;
  if (source.values === 'float32') {
    const pixels = new Float32Array(length);
    await source.read(indices, pixels, signal);
    return pixels;
  }
  const pixels = new Uint8Array(length);
  await source.read(indices, pixels, signal);
  return pixels;
}

function inUnits(pixels: Pixels): Float32Array {
  if (pixels instanceof Float32Array) return pixels;
  const units = new Float32Array(pixels.length);
  for (let i = 0; i < units.length; i++) units[i] = (pixels[i] ?? 0) / 255;
  return units;
}

/** The labels at `indices`, in that order. Throws RangeError when an index is outside the source. */
export function gatherLabels(source: ImageSource, indices: ArrayLike<number>): Int32Array {
  return Int32Array.from(indices, (_, n) => source.labels[rowAt(source, indices, n)] ?? 0);
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

/** The row of the image whose index is at `n`. Throws RangeError when it is outside the source, or was not read. */
function rowAt({ count, rows }: ImageSource, indices: ArrayLike<number>, n: number): number {
  const index = indices[n] ?? -1;
  if (!Number.isInteger(index) || index < 0 || index >= count) {
    throw new RangeError(`index ${index} at ${n} is not between 0 and ${count - 1}`);
  }
  const row = rows ? rows.get(index) : index;
  if (row === undefined) throw new RangeError(`image ${index} at ${n} was not read`);
  return row;
}
