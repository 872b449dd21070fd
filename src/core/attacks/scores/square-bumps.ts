import type { Random } from '../../random';
import { writeWithinL1 } from '../budget/l1-box';
import { sign, sideOf, type SquareSearch } from './square-search';

/** Keeps divisions finite. */
const TINY = 1e-12;

/** What is different between the norms of Square's bumps. */
interface BumpNorm {
  /** Adds up over the values: the squares, or the sizes. */
  readonly power: (values: Float64Array) => number;
  /** From such a sum to a length. */
  readonly root: (power: number) => number;
  /** How fast the rectangles of a bump get lower: the n-th has height 1/n to this power. */
  readonly steepness: number;
  /** By what a channel's new window is longer than its share of the budget: the ball cuts it again. */
  readonly excess: (channels: number) => number;
  /** Writes clean + delta, brought into the ball (with all its budget used, in l2) and [0, 1]. */
  readonly write: (
    clean: Float32Array,
    delta: Float64Array,
    epsilon: number,
    candidate: Float32Array,
  ) => void;
}

const l2: BumpNorm = {
  power: squaredLength,
  root: Math.sqrt,
  steepness: 2,
  excess: () => 1,
  write(clean, delta, epsilon, candidate) {
    const scale = epsilon / (Math.sqrt(squaredLength(delta)) + TINY);
    for (let i = 0; i < clean.length; i++) {
      candidate[i] = Math.min(1, Math.max(0, (clean[i] ?? 0) + scale * (delta[i] ?? 0)));
    }
  },
};

const l1: BumpNorm = {
  power: sumOfSizes,
  root: (power) => power,
  steepness: 4,
  excess: (channels) => channels,
  write: writeWithinL1,
};

/** Square's search within an L2 ball: the perturbation is made of bumps, and always as long as the ball allows. */
export const bumpsSearch: SquareSearch = (...search) => searchBumps(l2, ...search);

/** The same within an L1 ball, in AutoAttack's form. */
export const sparseBumpsSearch: SquareSearch = (...search) => searchBumps(l1, ...search);

function searchBumps(
  norm: BumpNorm,
  ...[clean, [height = 1, width = 1, channels = 1], random, epsilon, shareAt]: Parameters<SquareSearch>
): ReturnType<SquareSearch> {
  const delta = new Float64Array(clean.length);
  const image = { height, width, channels };
  const { power, root } = norm;

  return {
    start(candidate) {
      const side = Math.max(1, Math.floor(Math.min(height, width) / 5));
      const [rows, columns] = [Math.floor(height / side), Math.floor(width / side)];
      const [top, left] = [(height - rows * side) >> 1, (width - columns * side) >> 1];
      delta.fill(0);
      for (let tile = 0; tile < rows * columns; tile++) {
        const bump = drawBump(side, random, norm);
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
      norm.write(clean, delta, epsilon, candidate);
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
      const unused = Math.max(0, power(Float64Array.of(epsilon)) - power(delta));
      const bump = drawBump(side, random, norm);
      const area = side * side;
      const [old, moved] = [new Float64Array(area), new Float64Array(area * channels)];
      // What both windows have of a channel goes to that channel.
      const windows = new Float64Array(channels);
      for (let c = 0; c < channels; c++) {
        eachPixel(image, to, c, (i, k) => (old[k] = delta[i] ?? 0));
        const before = power(old);
        windows[c] = before;
        const [s, length] = [sign(random), TINY + root(before)];
        for (let k = 0; k < area; k++) moved[c * area + k] = s * (bump[k] ?? 0) + (old[k] ?? 0) / length;
      }
      for (let c = 0; c < channels; c++) {
        eachPixel(image, to, c, (i) => (delta[i] = 0));
        eachPixel(image, from, c, (i, k) => {
          old[k] = delta[i] ?? 0;
          delta[i] = 0;
        });
        const plane = moved.subarray(c * area, (c + 1) * area);
        const target = root(unused / channels + (windows[c] ?? 0) + power(old)) * norm.excess(channels);
        const scale = target / (TINY + root(power(plane)));
        eachPixel(image, to, c, (i, k) => (delta[i] = scale * (plane[k] ?? 0)));
      }
      norm.write(clean, delta, epsilon, candidate);
    },
  };
}

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

/** The next odd side, 3 or more, that fits. */
function oddSide(side: number, room: number): number {
  const odd = Math.max(3, side) | 1;
  return odd <= room ? odd : room % 2 === 1 ? room : room - 1 || 1;
}

/**
 * A window of length 1 whose upper half rises and whose lower half falls, or left and right: row-major, side x side.
 */
export function drawBump(side: number, random: Random, norm: BumpNorm = l2): Float64Array {
  const bump = new Float64Array(side * side);
  const upper = side >> 1;
  bump.set(pyramid(upper, side, norm));
  bump.set(
    pyramid(side - upper, side, norm).map((value) => -value),
    upper * side,
  );
  const length = norm.root(norm.power(bump));
  const turned = random.uniform() > 0.5;
  return bump.map((_, i) => (bump[turned ? (i % side) * side + Math.floor(i / side) : i] ?? 0) / length);
}

/** Sum of growing rectangles around the centre, the n-th lower than the one before; of length 1. */
export function pyramid(
  rows: number,
  columns: number,
  { power, root, steepness }: BumpNorm = l2,
): Float64Array {
  const values = new Float64Array(rows * columns);
  const [middleRow, middleColumn] = [rows >> 1, columns >> 1];
  const layers = Math.max(middleRow, middleColumn) + 1;
  for (let n = 0; n < layers; n++) {
    for (let y = Math.max(0, middleRow - n); y < Math.min(rows, middleRow + n + 1); y++) {
      for (let x = Math.max(0, middleColumn - n); x < Math.min(columns, middleColumn + n + 1); x++) {
        values[y * columns + x] = (values[y * columns + x] ?? 0) + 1 / (n + 1) ** steepness;
      }
    }
  }
  const length = root(power(values));
  return values.map((value) => value / length);
}

function squaredLength(values: Float64Array): number {
  let squares = 0;
  for (const value of values) squares += value * value;
  return squares;
}

function sumOfSizes(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += Math.abs(value);
  return sum;
}
