import { float32, type NdArray } from '../engine/nd-array';
import type { Random } from '../random';

export interface Augmentation {
  /** Zero-padding in pixels before a random crop back to the image's size; 0 turns it off. */
  readonly crop: number;
  /** Mirror each image left to right with probability 1/2. */
  readonly flip: boolean;
}

/**
 * The usual CIFAR augmentation: pad with zeros and crop at random, then flip at random, each image on its own.
 * Two integers and a coin are drawn for every image whatever is switched on, so that switching one off leaves
 * the other as it was.
 * @param images float32 [N, H, W, C]; not changed
 * @returns a new array of the same shape
 */
export function augmentBatch(
  images: NdArray<'float32'>,
  { crop, flip }: Augmentation,
  random: Random,
): NdArray<'float32'> {
  const [count = 0, height = 0, width = 0, channels = 0] = images.shape;
  const out = new Float32Array(images.data.length);
  const row = width * channels;
  const size = height * row;
  for (let n = 0; n < count; n++) {
    const dy = Math.floor(random.uniform() * (2 * crop + 1)) - crop;
    const dx = Math.floor(random.uniform() * (2 * crop + 1)) - crop;
    const flipped = random.uniform() < 0.5 && flip;
    const source = images.data.subarray(n * size, (n + 1) * size);
    const target = out.subarray(n * size, (n + 1) * size);
    // Columns [first, last) of the target have a source pixel at column + dx.
    const first = Math.min(width, Math.max(0, -dx));
    const last = Math.max(first, Math.min(width, width - dx));
    for (let y = Math.max(0, -dy); y < Math.min(height, height - dy); y++) {
      const from = (y + dy) * row;
      target.set(
        source.subarray(from + (first + dx) * channels, from + (last + dx) * channels),
        y * row + first * channels,
      );
      if (flipped) mirror(target.subarray(y * row, (y + 1) * row), width, channels);
    }
  }
  return float32(out, images.shape);
}

/** Reverses the order of the pixels of one row, in place. */
function mirror(row: Float32Array, width: number, channels: number): void {
  for (let left = 0, right = width - 1; left < right; left++, right--) {
    for (let c = 0; c < channels; c++) {
      const swapped = row[left * channels + c] ?? 0;
      row[left * channels + c] = row[right * channels + c] ?? 0;
      row[right * channels + c] = swapped;
    }
  }
}
