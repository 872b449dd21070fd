/** One component of a picture: bytes, row by row. */
export interface Plane {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

const SIZE = 8;

/**
 * The left half of libjpeg's slow integer DCT (Loeffler, Ligtenberg and Moschytz 1989) as a matrix: a row a frequency, in
 * units of 2^-13. Every product there is exact, and only the end of each pass is rounded, so that sums of its constants give
 * its results to the bit. In the right half, rows of even frequencies are mirrored, those of odd ones with their sign changed.
 */
const half = [
  [8192, 8192, 8192, 8192],
  [11363, 9633, 6437, 2260],
  [10703, 4433, -4433, -10703],
  [9633, -2259, -11362, -6436],
  [8192, -8192, -8192, 8192],
  [6437, -11362, 2261, 9633],
  [4433, -10704, 10704, -4433],
  [2260, -6436, 9633, -11363],
];

/** [frequency, place]. */
const matrix = Int32Array.from(
  half.flatMap((row, frequency) => [
    ...row,
    ...row.toReversed().map((value) => (frequency % 2 === 0 ? value : -value)),
  ]),
);
const transposed = Int32Array.from(matrix, (_, i) => matrix[(i % SIZE) * SIZE + Math.floor(i / SIZE)] ?? 0);

/**
 * One pass: each row is multiplied by a matrix, scaled down by a power of two, and becomes a column. Twice, and rows are
 * rows again.
 */
function pass(from: Float64Array, by: Int32Array, scale: number, to: Float64Array): void {
  for (let row = 0; row < SIZE; row++) {
    for (let out = 0; out < SIZE; out++) {
      let sum = scale / 2;
      for (let i = 0; i < SIZE; i++) sum += (from[row * SIZE + i] ?? 0) * (by[out * SIZE + i] ?? 0);
      to[out * SIZE + row] = Math.floor(sum / scale);
    }
  }
}

/** Bits of the scales: of the two passes to frequencies, which are 8 times as large as they should be, and of those back. */
const forwards = [2 ** 11, 2 ** 15] as const;
const backwards = [2 ** 11, 2 ** 18] as const;

/** What JPEG leaves of a component: blocks of 8 x 8, whose frequencies are rounded to these steps. @param steps row by row */
export function throughBlocks({ data, width, height }: Plane, steps: readonly number[]): Plane {
  const out = new Uint8Array(width * height);
  const [a, b] = [new Float64Array(SIZE * SIZE), new Float64Array(SIZE * SIZE)];
  for (let top = 0; top < height; top += SIZE) {
    for (let left = 0; left < width; left += SIZE) {
      for (let i = 0; i < a.length; i++) {
        // Blocks at the border go on with its last values.
        const y = Math.min(height - 1, top + Math.floor(i / SIZE));
        const x = Math.min(width - 1, left + (i % SIZE));
        a[i] = (data[y * width + x] ?? 0) - 128;
      }
      pass(a, matrix, forwards[0], b);
      pass(b, matrix, forwards[1], a);
      for (let i = 0; i < a.length; i++) a[i] = roundedTo(a[i] ?? 0, steps[i] ?? 1);
      columnsFirst(a, b);
      for (let i = 0; i < a.length; i++) {
        const [y, x] = [top + Math.floor(i / SIZE), left + (i % SIZE)];
        if (y >= height || x >= width) continue;
        out[y * width + x] = Math.min(255, Math.max(0, (a[i] ?? 0) + 128));
      }
    }
  }
  return { data: out, width, height };
}

/** The way back goes through columns before rows, and rounding between them makes a difference. */
function columnsFirst(block: Float64Array, other: Float64Array): void {
  for (let i = 0; i < block.length; i++) {
    other[i] = block[(i % SIZE) * SIZE + Math.floor(i / SIZE)] ?? 0;
  }
  pass(other, transposed, backwards[0], block);
  pass(block, transposed, backwards[1], other);
  for (let i = 0; i < block.length; i++) {
    block[i] = other[(i % SIZE) * SIZE + Math.floor(i / SIZE)] ?? 0;
  }
}

function roundedTo(coefficient: number, step: number): number {
  const whole = 8 * step;
  const count = Math.floor((Math.abs(coefficient) + whole / 2) / whole);
  return Math.sign(coefficient) * count * step;
}
