import type { ImageBytes } from './image-bytes';

/** Bits after the point of Pillow's weights for bytes. */
const BITS = 22;

interface Line {
  readonly first: number;
  readonly weights: readonly number[];
}

/**
 * Pillow's resizing with its box filter, to the bit: each new pixel is the mean of the old ones whose middle lies in it, or
 * the nearest one; columns first, then rows, with bytes between.
 */
export function boxResize(image: ImageBytes, height: number, width: number): ImageBytes {
  const { channels } = image;
  const lines = linesOf(image.width, width);
  const narrow = new Uint8Array(image.height * width * channels);
  for (let y = 0; y < image.height; y++) {
    for (const [x, line] of lines.entries()) {
      for (let c = 0; c < channels; c++) {
        const start = (y * image.width + line.first) * channels + c;
        narrow[(y * width + x) * channels + c] = weighted(image.pixels, line, start, channels);
      }
    }
  }
  const pixels = new Uint8Array(height * width * channels);
  const step = width * channels;
  for (const [y, line] of linesOf(image.height, height).entries()) {
    for (let i = 0; i < step; i++) {
      pixels[y * step + i] = weighted(narrow, line, line.first * step + i, step);
    }
  }
  return { pixels, height, width, channels };
}

function weighted(from: Uint8Array, { weights }: Line, start: number, step: number): number {
  let sum = 2 ** (BITS - 1);
  for (const [n, weight] of weights.entries()) sum += weight * (from[start + n * step] ?? 0);
  return Math.min(255, Math.floor(sum / 2 ** BITS));
}

/** For each new pixel of a line the old ones that it is made of. */
function linesOf(from: number, to: number): Line[] {
  const scale = from / to;
  const stretch = Math.max(1, scale);
  const reach = 0.5 * stretch;
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach + 0.5));
    const end = Math.min(from, Math.trunc(centre + reach + 0.5));
    const members = Array.from({ length: Math.max(0, end - first) }, (_, n) => {
      const distance = (n + first - centre + 0.5) / stretch;
      return distance > -0.5 && distance <= 0.5 ? 1 : 0;
    });
    const count = members.reduce<number>((sum, one) => sum + one, 0);
    return { first, weights: members.map((one) => Math.floor((one / Math.max(1, count)) * 2 ** BITS + 0.5)) };
  });
}
