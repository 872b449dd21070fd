import { gatherImages } from '../../data/batch';
import type { ImageSource } from '../../data/image-source';
import { isWithinBudget, perturbationNorm } from './perturbation';
import type { Norm } from '../parameters/attack-parameters';

/** Steps from black to white of an image file. */
const LEVELS = 255;
/** Share of a step that float32 arithmetic leaves between a value and the level that was meant; 4e-7 of a value. */
const NOISE = 1e-4;

/** From the perturbed value: towards the clean one, to the nearest level, or away from the clean one. */
export type Rounding = 'inwards' | 'nearest' | 'outwards';

export interface Budget {
  readonly norm: Norm;
  /** Infinity where a perturbation of any size counts. */
  readonly epsilon: number;
}

export interface EightBitImage {
  /** Every value is k/255 as float32. */
  readonly image: Float32Array;
  /** False when no such image is within the budget; `image` is then the clean one, rounded. */
  readonly fits: boolean;
}

/** Values in [0, 1] as an 8-bit file keeps them: the nearest k/255, as float32. NaN stays. */
export function toEightBit(values: Float32Array): Float32Array {
  return values.map((value) => Math.round(Math.min(1, Math.max(0, value)) * LEVELS) / LEVELS);
}

/** Whether every value is k/255, but for float32 noise. */
export function isEightBit(values: Float32Array): boolean {
  return values.every((value) => isLevel(value * LEVELS));
}

/** How many of these images of a set are not on the grid. */
export async function countOffGrid(set: ImageSource, indices: readonly number[]): Promise<number> {
  // Bytes are levels.
  if (set.values === 'uint8') return 0;
  let count = 0;
  for (const index of indices) if (!isEightBit((await gatherImages(set, [index])).data)) count++;
  return count;
}

/**
 * Puts one adversarial image on the 8-bit grid without leaving the ball. Each value goes to the level between it and the
 * clean value that is nearest to it, so that no norm grows. Where there is none, because the clean value itself is off
 * the grid, it goes to the level nearest to the clean value; and where that costs more norm than the budget has left, the
 * whole perturbation is shortened first, as little as it takes.
 */
export function roundInwards(
  clean: Float32Array,
  adversarial: Float32Array,
  { norm, epsilon }: Budget,
): EightBitImage {
  const fits = (image: Float32Array): boolean =>
    isWithinBudget(image, perturbationNorm(clean, image, norm), epsilon);
  const whole = rounded(clean, adversarial, 'inwards');
  if (fits(whole)) return { image: whole, fits: true };
  let image = rounded(clean, clean, 'nearest');
  if (!fits(image)) return { image, fits: false };
  let [low, high] = [0, 1];
  for (let halvings = 0; halvings < 12; halvings++) {
    const share = (low + high) / 2;
    const shorter = adversarial.map((value, i) => (1 - share) * (clean[i] ?? NaN) + share * value);
    const candidate = rounded(clean, shorter, 'inwards');
    if (fits(candidate)) [image, low] = [candidate, share];
    else high = share;
  }
  return { image, fits: true };
}

/** Rounds each value of an image by itself. */
export function rounded(clean: Float32Array, image: Float32Array, rounding: Rounding): Float32Array {
  return image.map((value, i) => {
    const from = clean[i] ?? NaN;
    // A level up to noise, as the clean image has it: nothing changed, and nothing changes.
    if (value === from && isLevel(from * LEVELS)) return from;
    return levelOf(from, value, rounding) / LEVELS;
  });
}

function levelOf(clean: number, value: number, rounding: Rounding): number {
  const at = value * LEVELS;
  if (isLevel(at) || rounding === 'nearest' || value === clean) return Math.round(at);
  const down = value > clean === (rounding === 'inwards');
  const level = down ? Math.floor(at) : Math.ceil(at);
  if (rounding === 'outwards') return level;
  // Beyond the clean value there is nothing between the two.
  const start = clean * LEVELS;
  const passed = down ? level < start - NOISE : level > start + NOISE;
  return passed ? Math.round(start) : level;
}

function isLevel(at: number): boolean {
  return Math.abs(at - Math.round(at)) < NOISE;
}
