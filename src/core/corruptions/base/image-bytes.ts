/** One picture: bytes [height, width, channels], with one channel (grey) or three (red, green, blue). */
export interface ImageBytes {
  readonly pixels: Uint8Array;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** A picture that is computed on, of values of any range: [height, width, channels]. */
export interface Raster {
  readonly data: Float64Array;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** The same in [0, 1]. */
export function inUnits({ pixels, height, width, channels }: ImageBytes): Raster {
  const data = new Float64Array(pixels.length);
  for (let i = 0; i < data.length; i++) data[i] = (pixels[i] ?? 0) / 255;
  return { data, height, width, channels };
}

/** Bytes of values in [0, 1]; what is outside is clipped. They are cut off, not rounded, as NumPy's `uint8` does. */
export function cutToBytes({ data }: Pick<Raster, 'data'>): Uint8Array {
  const bytes = new Uint8Array(data.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(255 * clipped(data[i] ?? 0));
  return bytes;
}

export function clipped(value: number): number {
  return Math.min(1, Math.max(0, value));
}
