import type { Raster } from './image-bytes';

/**
 * What lies beyond the border, by SciPy's names: `nearest` repeats the last value (a a | a b c | c c), `reflect` turns
 * round at the edge (b a | a b c | c b), `mirror` at the last value (c b | a b c | b a).
 */
export type Border = 'nearest' | 'reflect' | 'mirror';

/** The place inside of a line of `size` values that stands for `at`, which may be anywhere. */
export function inside(border: Border, at: number, size: number): number {
  if (at >= 0 && at < size) return at;
  if (border === 'nearest' || size === 1) return Math.min(size - 1, Math.max(0, at));
  const period = border === 'reflect' ? 2 * size : 2 * size - 2;
  const within = ((at % period) + period) % period;
  if (within < size) return within;
  return border === 'reflect' ? 2 * size - 1 - within : 2 * size - 2 - within;
}

/** A normal distribution at whole distances from -radius to radius, with a sum of 1. */
export function gaussianKernel(sigma: number, radius: number): Float64Array {
  const kernel = Float64Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp((-0.5 * (i - radius) ** 2) / sigma ** 2),
  );
  const sum = kernel.reduce((total, weight) => total + weight, 0);
  return kernel.map((weight) => weight / sum);
}

export interface GaussianOptions {
  readonly border: Border;
  /** The kernel ends after so many sigmas. */
  readonly truncate: number;
}

/** A Gaussian blur with SciPy's kernel, each channel by itself, rows before columns. A sigma of 0 changes nothing. */
export function gaussianBlur(image: Raster, sigma: number, { border, truncate }: GaussianOptions): Raster {
  const radius = Math.floor(truncate * sigma + 0.5);
  if (sigma <= 1e-15 || radius === 0) return image;
  return blurBothWays(image, gaussianKernel(sigma, radius), border);
}

/** The same kernel of odd length along both axes. */
export function blurBothWays(image: Raster, kernel: Float64Array, border: Border): Raster {
  const { height, width, channels } = image;
  const down = { lines: width * channels, size: height, step: width * channels };
  const once = blurLines(image.data, kernel, border, (line) => line, down);
  const across = { lines: height * channels, size: width, step: channels };
  const startOf = (line: number): number =>
    Math.floor(line / channels) * width * channels + (line % channels);
  const data = blurLines(once, kernel, border, startOf, across);
  return { ...image, data };
}

function blurLines(
  from: Float64Array,
  kernel: Float64Array,
  border: Border,
  startOf: (line: number) => number,
  { lines, size, step }: { readonly lines: number; readonly size: number; readonly step: number },
): Float64Array {
  const to = new Float64Array(from.length);
  const radius = (kernel.length - 1) / 2;
  // The line with what lies beyond its ends.
  const longer = new Float64Array(size + 2 * radius);
  const places = Int32Array.from(longer, (_, i) => inside(border, i - radius, size) * step);
  for (let line = 0; line < lines; line++) {
    const start = startOf(line);
    for (let i = 0; i < longer.length; i++) longer[i] = from[start + (places[i] ?? 0)] ?? 0;
    for (let i = 0; i < size; i++) {
      let sum = 0;
      for (let k = 0; k < kernel.length; k++) sum += (kernel[k] ?? 0) * (longer[i + k] ?? 0);
      to[start + i * step] = sum;
    }
  }
  return to;
}

/** One value of a two-dimensional kernel, at its distance from the middle. */
export interface Tap {
  readonly down: number;
  readonly right: number;
  readonly weight: number;
}

/** The weighted sum of what lies at these distances from each pixel, each channel by itself. */
export function correlate(image: Raster, taps: readonly Tap[], border: Border): Raster {
  const { height, width, channels } = image;
  const reach = taps.reduce((most, { down, right }) => Math.max(most, Math.abs(down), Math.abs(right)), 0);
  const wide = (width + 2 * reach) * channels;
  const framed = withFrame(image, reach, border);
  const data = new Float64Array(image.data.length);
  const line = width * channels;
  for (const { down, right, weight } of taps) {
    for (let y = 0; y < height; y++) {
      const from = (y + reach + down) * wide + (reach + right) * channels;
      const to = y * line;
      for (let i = 0; i < line; i++) data[to + i] = (data[to + i] ?? 0) + weight * (framed[from + i] ?? 0);
    }
  }
  return { ...image, data };
}

/** The picture with what lies beyond its borders, `reach` pixels on every side. */
function withFrame({ data, height, width, channels }: Raster, reach: number, border: Border): Float64Array {
  const wide = width + 2 * reach;
  const framed = new Float64Array((height + 2 * reach) * wide * channels);
  for (let y = 0; y < height + 2 * reach; y++) {
    const row = inside(border, y - reach, height) * width;
    for (let x = 0; x < wide; x++) {
      const from = (row + inside(border, x - reach, width)) * channels;
      for (let c = 0; c < channels; c++) framed[(y * wide + x) * channels + c] = data[from + c] ?? 0;
    }
  }
  return framed;
}
