import type { Random } from '../../random';
import type { ImageSearch } from './random-search';

const halvings = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000] as const;

/** By what the share of the image is divided at an iteration: doubles after each of 10, 50, 200, … iterations. */
export function shrinkageAt(iteration: number): number {
  return 2 ** halvings.filter((end) => iteration > end).length;
}

/** Side of the square that covers a share of the image, as far as it fits. */
export function sideOf(share: number, height: number, width: number): number {
  return Math.min(Math.max(1, Math.round(Math.sqrt(share * height * width))), height, width);
}

export type SquareSearch = (
  clean: Float32Array,
  shape: readonly number[],
  random: Random,
  epsilon: number,
  /** Share of the image for an iteration. */
  shareAt: (iteration: number) => number,
) => ImageSearch;

export function sign(random: Random): 1 | -1 {
  return random.uniform() < 0.5 ? -1 : 1;
}
