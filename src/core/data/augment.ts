import { float32, type NdArray } from '../engine/arrays/nd-array';
import type { Random } from '../random';
import { readPixels } from './batch';
import type { ImageSource } from './image-source';
import { drawCrop, type RandomResizedCrop } from './pictures/random-crop';
import { resample, type Box } from './pictures/resample';
import type { Pixels } from './source-handle';

export interface Augmentation {
  /** Zero-padding in pixels before a random crop back to the image's size; 0 turns it off. */
  readonly crop: number;
  /** Mirror each image left to right with probability 1/2. */
  readonly flip: boolean;
  /** Scales a random part of each image to the image's size; then nothing is padded. Absent: the image as it is. */
  readonly randomResizedCrop?: RandomResizedCrop | undefined;
}

/**
 * The images at `indices` with the usual CIFAR augmentation: pad with zeros and crop at random, then flip at random,
 * each image on its own. Two integers and a coin are drawn for every image whatever is switched on, so that
 * switching one off leaves the other as it was. Parts of images are drawn from streams of their own.
 * @returns float32 [N, H, W, C] in [0, 1]
 * @throws RangeError when an index is outside the source
 */
export async function gatherAugmented(
  source: ImageSource,
  indices: ArrayLike<number>,
  { crop: padding, flip, randomResizedCrop }: Augmentation,
  random: Random,
): Promise<NdArray<'float32'>> {
  const { height, width, channels } = source;
  const crop = randomResizedCrop ? 0 : padding;
  const images = randomResizedCrop
    ? await readParts(source, indices, (n, size) => drawCrop(randomResizedCrop, size, random.fork(n)))
    : await readPixels(source, indices);
  const largest = images instanceof Float32Array ? 1 : 255;
  const size = height * width * channels;
  const out = new Float32Array(indices.length * size);
  for (let n = 0; n < indices.length; n++) {
    const dy = Math.floor(random.uniform() * (2 * crop + 1)) - crop;
    const dx = Math.floor(random.uniform() * (2 * crop + 1)) - crop;
    const flipped = random.uniform() < 0.5 && flip;
    // Columns [first, last) of the cropped image have a source pixel at column + dx.
    const first = Math.min(width, Math.max(0, -dx));
    const last = Math.max(first, Math.min(width, width - dx));
    for (let y = Math.max(0, -dy); y < Math.min(height, height - dy); y++) {
      const from = n * size + ((y + dy) * width + first + dx) * channels;
      const length = (last - first) * channels;
      const row = n * size + y * width * channels;
      if (flipped) {
        let to = row + (width - 1 - first) * channels;
        for (let i = 0; i < length; i += channels, to -= channels) {
          for (let c = 0; c < channels; c++) out[to + c] = (images[from + i + c] ?? 0) / largest;
        }
      } else {
        const to = row + first * channels;
        for (let i = 0; i < length; i++) out[to + i] = (images[from + i] ?? 0) / largest;
      }
    }
  }
  return float32(out, [indices.length, height, width, channels]);
}

/** Parts of the images at `indices`, scaled to the images' size. */
async function readParts(
  source: ImageSource,
  indices: ArrayLike<number>,
  partOf: (n: number, size: { readonly width: number; readonly height: number }) => Box,
): Promise<Pixels> {
  const { height, width, channels } = source;
  const size = height * width * channels;
  if (source.values === 'uint8' && source.readParts) {
    const parts = new Uint8Array(indices.length * size);
    await source.readParts(indices, parts, partOf);
    return parts;
  }
  if (source.values === 'float32' && source.readParts) {
    const parts = new Float32Array(indices.length * size);
    await source.readParts(indices, parts, partOf);
    return parts;
  }
  const pixels = await readPixels(source, indices);
  for (let n = 0; n < indices.length; n++) {
    const image = { width, height, channels, data: pixels.subarray(n * size, (n + 1) * size) };
    pixels.set(resample(image, partOf(n, source), { width, height }), n * size);
  }
  return pixels;
}
