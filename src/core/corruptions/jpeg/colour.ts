import type { Plane } from './blocks';

/** Fixed-point numbers have 16 bits after the point. */
const ONE = 65_536;
const fixed = (value: number): number => Math.floor(value * ONE + 0.5);

const [redInY, greenInY, blueInY] = [fixed(0.299), fixed(0.587), fixed(0.114)];
const [redInCb, greenInCb] = [fixed(0.168735892), fixed(0.331264108)];
const [greenInCr, blueInCr] = [fixed(0.418687589), fixed(0.081312411)];
const [crInRed, cbInGreen] = [fixed(1.402), fixed(0.34414)];
const [crInGreen, cbInBlue] = [fixed(0.71414), fixed(1.772)];

/** Brightness and the two differences of colour, each as large as the picture: JFIF's conversion with libjpeg's rounding. */
export function toYcc(
  pixels: Uint8Array,
  width: number,
  height: number,
): { readonly y: Plane; readonly cb: Plane; readonly cr: Plane } {
  const size = width * height;
  const plane = (): Plane => ({ data: new Uint8Array(size), width, height });
  const [y, cb, cr] = [plane(), plane(), plane()];
  const offset = 128 * ONE + ONE / 2 - 1;
  for (let i = 0; i < size; i++) {
    const [red, green, blue] = [pixels[3 * i] ?? 0, pixels[3 * i + 1] ?? 0, pixels[3 * i + 2] ?? 0];
    y.data[i] = (redInY * red + greenInY * green + blueInY * blue + ONE / 2) >> 16;
    cb.data[i] = (blue * (ONE / 2) - redInCb * red - greenInCb * green + offset) >> 16;
    cr.data[i] = (red * (ONE / 2) - greenInCr * green - blueInCr * blue + offset) >> 16;
  }
  return { y, cb, cr };
}

/** The way back. */
export function toRgb(y: Uint8Array, cb: Uint8Array, cr: Uint8Array): Uint8Array {
  const pixels = new Uint8Array(3 * y.length);
  for (let i = 0; i < y.length; i++) {
    const [value, blue, red] = [y[i] ?? 0, (cb[i] ?? 0) - 128, (cr[i] ?? 0) - 128];
    pixels[3 * i] = byte(value + ((crInRed * red + ONE / 2) >> 16));
    pixels[3 * i + 1] = byte(value + ((ONE / 2 - cbInGreen * blue - crInGreen * red) >> 16));
    pixels[3 * i + 2] = byte(value + ((cbInBlue * blue + ONE / 2) >> 16));
  }
  return pixels;
}

function byte(value: number): number {
  return Math.min(255, Math.max(0, value));
}

/** Half the size along both axes: the mean of four, which is rounded down and up in turn, from column to column. */
export function halved({ data, width, height }: Plane): Plane {
  const [rows, columns] = [Math.ceil(height / 2), 8 * Math.ceil(width / 16)];
  const out = new Uint8Array(rows * columns);
  for (let y = 0; y < rows; y++) {
    const [above, below] = [2 * y * width, Math.min(height - 1, 2 * y + 1) * width];
    for (let x = 0; x < columns; x++) {
      // Whole blocks are made before the mean is taken: they go on with the last column.
      const [left, right] = [Math.min(width - 1, 2 * x), Math.min(width - 1, 2 * x + 1)];
      const sum =
        (data[above + left] ?? 0) +
        (data[above + right] ?? 0) +
        (data[below + left] ?? 0) +
        (data[below + right] ?? 0);
      out[y * columns + x] = (sum + 1 + (x % 2)) >> 2;
    }
  }
  return { data: out, width: columns, height: rows };
}

/**
 * Twice the size along both axes, as libjpeg reads: each new value is made of the nearest old one, and of those beside,
 * above and diagonally, 9 : 3 : 3 : 1.
 * @param width of the whole picture; so of `plane` only the first half of it, rounded up, counts
 */
export function doubled(plane: Plane, width: number, height: number): Uint8Array {
  const columns = Math.ceil(width / 2);
  const out = new Uint8Array(width * height);
  const at = (y: number, x: number): number => plane.data[y * plane.width + x] ?? 0;
  for (let y = 0; y < height; y++) {
    const near = Math.floor(y / 2);
    const far = Math.min(plane.height - 1, Math.max(0, near + (y % 2 === 0 ? -1 : 1)));
    const column = (x: number): number => 3 * at(near, x) + at(far, x);
    for (let x = 0; x < width; x++) {
      const own = Math.floor(x / 2);
      if (columns <= 2) {
        out[y * width + x] = at(near, own);
        continue;
      }
      const beside = Math.min(columns - 1, Math.max(0, own + (x % 2 === 0 ? -1 : 1)));
      out[y * width + x] = (3 * column(own) + column(beside) + (x % 2 === 0 ? 8 : 7)) >> 4;
    }
  }
  return out;
}
