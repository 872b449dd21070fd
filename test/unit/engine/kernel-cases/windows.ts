import type { Random } from '../../../../src/core/random';
import { between, chance, pick } from './operands';

type Explicit = [[number, number], [number, number], [number, number], [number, number]];
type Rounding = 'floor' | 'round' | 'ceil';

export interface Window {
  readonly h: number;
  readonly w: number;
  readonly kernel: [number, number];
  readonly strides: [number, number];
  readonly pad: 'same' | 'valid' | number | Explicit;
  readonly rounding: Rounding | undefined;
  readonly label: string;
}

/** A window that fits into its image, with any stride and padding. */
export function windowOf(random: Random, { largest = 4, pool = false } = {}): Window {
  const kernel: [number, number] = [between(random, 1, largest), between(random, 1, largest)];
  const strides: [number, number] = chance(random) ? [1, 1] : [between(random, 1, 3), between(random, 1, 3)];
  const [h, w] = [between(random, 1, 7), between(random, 1, 7)];
  const fits = kernel[0] <= h && kernel[1] <= w;
  const inside = (size: number): number => random.int(Math.min(size, 3));
  // With a number as padding TF.js takes the kernel's height and the row stride for the width as well.
  const kind = pick(random, ['same', 'same', ...(fits ? (['valid', 'number', 'explicit'] as const) : [])]);
  if (kind === 'number') kernel[1] = Math.min(kernel[0], w);
  if (kind === 'number') kernel[0] = kernel[1];
  if (kind === 'number' && pool) strides[1] = strides[0];
  const explicit = (): Explicit => [
    [0, 0],
    [inside(kernel[0]), inside(kernel[0])],
    [inside(kernel[1]), inside(kernel[1])],
    [0, 0],
  ];
  const pad = kind === 'number' ? inside(kernel[0]) : kind === 'explicit' ? explicit() : kind;
  // A pool has at least one input in each window, also in one that exists because sizes are rounded up.
  const roundsUp = !pool || kernel.every((size, i) => Math.min(size, 3) - 1 + (strides[i] ?? 1) <= size);
  const rounding =
    typeof pad === 'string' ? undefined : pick(random, roundsUp ? ['floor', 'round', 'ceil'] : ['floor']);
  const label = `${h}x${w} kernel ${kernel.join('x')} strides ${strides.join('x')} pad ${JSON.stringify(pad)} ${rounding ?? ''}`;
  return { h, w, kernel, strides, pad, rounding, label };
}

export const batch = (random: Random): number => between(random, 1, 3);
