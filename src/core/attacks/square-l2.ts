import type { Random } from '../random';
import { sign, sideOf, type SquareSearch } from './square-search';

/** Keeps divisions finite. */
const TINY = 1e-12;

/** Square's search within an L2 ball: the perturbation is made of bumps, and always as long as the ball allows. */
export const bumpsSearch: SquareSearch = (
  clean,
  [height = 1, width = 1, channels = 1],
  random,
  epsilon,
  shareAt,
) => {
  const delta = new Float64Array(clean.length);
  const image = { height, width, channels };

  /** clean + delta, with delta made as long as the budget, clipped. */
  function write(candidate: Float32Array): void {
    const scale = epsilon / (length(delta) + TINY);
    for (let i = 0; i < clean.length; i++) {
      candidate[i] = Math.min(1, Math.max(0, (clean[i] ?? 0) + scale * (delta[i] ?? 0)));
    }
  }

  return {
    start(candidate) {
      const side = Math.max(1, Math.floor(Math.min(height, width) / 5));
      const [rows, columns] = [Math.floor(height / side), Math.floor(width / side)];
      const [top, left] = [(height - rows * side) >> 1, (width - columns * side) >> 1];
      delta.fill(0);
      for (let tile = 0; tile < rows * columns; tile++) {
        const bump = drawBump(side, random);
        const window = {
          top: top + Math.floor(tile / columns) * side,
          left: left + (tile % columns) * side,
          side,
        };
        for (let c = 0; c < channels; c++) {
          const s = sign(random);
          eachPixel(image, window, c, (i, k) => (delta[i] = s * (bump[k] ?? 0)));
        }
      }
      write(candidate);
    },
    propose(best, iteration, candidate) {
      for (let i = 0; i < delta.length; i++) delta[i] = (best[i] ?? 0) - (clean[i] ?? 0);
      const side = oddSide(sideOf(shareAt(iteration), height, width), Math.min(height, width));
      const place = (): Window => ({
        top: random.int(height - side + 1),
        left: random.int(width - side + 1),
        side,
      });
      const [to, from] = [place(), place()];
      const unused = Math.max(0, epsilon ** 2 - squaredLength(delta));
      const bump = drawBump(side, random);
      // As in AutoAttack: the squares of both windows over all channels go to each channel.
      let windows = 0;
      const moved = new Float64Array(channels * side * side);
      for (let c = 0; c < channels; c++) {
        let old = 0;
        eachPixel(image, to, c, (i) => (old += (delta[i] ?? 0) ** 2));
        windows += old;
        const [s, oldLength] = [sign(random), TINY + Math.sqrt(old)];
        eachPixel(image, to, c, (i, k) => {
          moved[c * side * side + k] = s * (bump[k] ?? 0) + (delta[i] ?? 0) / oldLength;
        });
      }
      for (let c = 0; c < channels; c++) {
        eachPixel(image, from, c, (i) => {
          if (!isInside(image, to, i)) windows += (delta[i] ?? 0) ** 2;
          delta[i] = 0;
        });
      }
      const target = Math.sqrt(unused / channels + windows);
      for (let c = 0; c < channels; c++) {
        const plane = moved.subarray(c * side * side, (c + 1) * side * side);
        const scale = target / (TINY + length(plane));
        eachPixel(image, to, c, (i, k) => (delta[i] = scale * (plane[k] ?? 0)));
      }
      write(candidate);
    },
  };
};

interface Image {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

interface Window {
  readonly top: number;
  readonly left: number;
  readonly side: number;
}

/** Calls back with the index in the image and the index in the window. */
function eachPixel(
  { width, channels }: Image,
  { top, left, side }: Window,
  channel: number,
  visit: (i: number, k: number) => void,
): void {
  for (let y = 0; y < side; y++) {
    const from = ((top + y) * width + left) * channels + channel;
    for (let x = 0; x < side; x++) visit(from + x * channels, y * side + x);
  }
}

function isInside({ width, channels }: Image, { top, left, side }: Window, i: number): boolean {
  const pixel = Math.floor(i / channels);
  const [y, x] = [Math.floor(pixel / width), pixel % width];
  return y >= top && y < top + side && x >= left && x < left + side;
}

/** The next odd side, 3 or more, that fits. */
function oddSide(side: number, room: number): number {
  const odd = Math.max(3, side) | 1;
  return odd <= room ? odd : room % 2 === 1 ? room : room - 1 || 1;
}

/**
 * A window of length 1 whose upper half rises and whose lower half falls, or left and right: row-major, side x side.
 */
export function drawBump(side: number, random: Random): Float64Array {
  const bump = new Float64Array(side * side);
  const upper = side >> 1;
  bump.set(pyramid(upper, side));
  bump.set(
    pyramid(side - upper, side).map((value) => -value),
    upper * side,
  );
  const norm = length(bump);
  const turned = random.uniform() > 0.5;
  return bump.map((_, i) => (bump[turned ? (i % side) * side + Math.floor(i / side) : i] ?? 0) / norm);
}

/** Sum of growing rectangles around the centre, the n-th of height 1/n²; of length 1. */
export function pyramid(rows: number, columns: number): Float64Array {
  const values = new Float64Array(rows * columns);
  const [middleRow, middleColumn] = [rows >> 1, columns >> 1];
  const layers = Math.max(middleRow, middleColumn) + 1;
  for (let n = 0; n < layers; n++) {
    for (let y = Math.max(0, middleRow - n); y < Math.min(rows, middleRow + n + 1); y++) {
      for (let x = Math.max(0, middleColumn - n); x < Math.min(columns, middleColumn + n + 1); x++) {
        values[y * columns + x] = (values[y * columns + x] ?? 0) + 1 / (n + 1) ** 2;
      }
    }
  }
  const norm = length(values);
  return values.map((value) => value / norm);
}

function squaredLength(values: Float64Array): number {
  let squares = 0;
  for (const value of values) squares += value * value;
  return squares;
}

function length(values: Float64Array): number {
  return Math.sqrt(squaredLength(values));
}
