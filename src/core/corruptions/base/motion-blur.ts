import { correlate, type Tap } from './filters';
import type { ImageBytes } from './image-bytes';

/** Of 16 bits, to one of 8. */
const LEVELS = 257;

/**
 * ImageMagick's motion blur, which the authors call: half a normal distribution along a line from the pixel, at whole
 * pixels, with the border repeated. The result has 16 bits, and is cut off to 8 in the PNG by which they get it back: from
 * version 6.9.11 come the same bytes.
 * @param radius pixels: the kernel has 2 * radius + 1 values
 * @param angle degrees, clockwise from the right
 */
export function motionBlur(
  image: ImageBytes,
  { radius, sigma, angle }: { readonly radius: number; readonly sigma: number; readonly angle: number },
): Uint8Array {
  const { pixels } = image;
  const data = Float64Array.from(pixels);
  const blurred = correlate({ ...image, data }, tapsOf(radius, sigma, (angle / 180) * Math.PI), 'nearest');
  return Uint8Array.from(blurred.data, (value) =>
    Math.min(255, Math.floor(Math.round(value * LEVELS) / LEVELS)),
  );
}

function tapsOf(radius: number, sigma: number, angle: number): Tap[] {
  const count = 2 * Math.ceil(radius) + 1;
  const weights = Array.from({ length: count }, (_, i) => Math.exp(-(i * i) / (2 * sigma * sigma)));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight, i) => ({
    down: Math.ceil(i * Math.sin(angle) - 0.5),
    right: Math.ceil(i * Math.cos(angle) - 0.5),
    weight: weight / sum,
  }));
}
