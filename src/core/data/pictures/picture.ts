/** A decoded picture: bytes row by row, each pixel grey or red, green, blue. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** Pixels of a picture that is decoded. */
export const MAX_PIXELS = 2 ** 26;
/** Bytes of its file. */
export const MAX_PICTURE_BYTES = 2 ** 26;

/**
 * The same picture with so many channels. Grey is 0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601) in 16 bits of fixed
 * point, as Pillow's `convert('L')` has it.
 */
export function withChannels(picture: Picture, channels: 1 | 3): Picture {
  if (picture.channels === channels) return picture;
  const { width, height, data } = picture;
  const pixels = width * height;
  const out = new Uint8Array(pixels * channels);
  if (channels === 3) {
    for (let i = 0, o = 0; i < pixels; i++, o += 3) out.fill(data[i] ?? 0, o, o + 3);
  } else {
    for (let o = 0, i = 0; o < pixels; o++, i += 3) {
      const [red, green, blue] = [data[i] ?? 0, data[i + 1] ?? 0, data[i + 2] ?? 0];
      out[o] = (red * 19_595 + green * 38_470 + blue * 7471 + 0x8000) >> 16;
    }
  }
  return { width, height, channels, data: out };
}

/** Red, green, blue of pixels that also say how opaque they are, which is passed over. */
export function withoutAlpha(data: Uint8Array | Uint8ClampedArray, pixels: number): Uint8Array {
  const out = new Uint8Array(pixels * 3);
  for (let n = 0, i = 0, o = 0; n < pixels; n++, i += 4, o += 3) {
    out[o] = data[i] ?? 0;
    out[o + 1] = data[i + 1] ?? 0;
    out[o + 2] = data[i + 2] ?? 0;
  }
  return out;
}
