import type { FirstStep } from './first-steps';
import type { InputNormalization } from '../imported-model';

/** What a network's first operations say about the images that it takes. */
export interface RecognizedInput {
  /** What black and white are. */
  readonly range: readonly [number, number];
  /** The network makes (x - mean) / std of pixels x in [0, 1]; absent where that is x itself. */
  readonly normalizes?: InputNormalization | undefined;
}

interface Affine {
  readonly scale: readonly number[];
  readonly shift: readonly number[];
}

/** What brings pixels from one usual range to another: scale and shift. */
const conversions: readonly { range: readonly [number, number]; scale: number; shift: number }[] = [
  { range: [0, 255], scale: 1 / 255, shift: 0 },
  { range: [0, 255], scale: 1 / 127.5, shift: -1 },
  { range: [-1, 1], scale: 0.5, shift: 0.5 },
  { range: [-1, 1], scale: 127.5, shift: 127.5 },
  { range: [0, 1], scale: 255, shift: 0 },
  { range: [0, 1], scale: 2, shift: -1 },
];

/** 256 and 128 stand for 255 and 127.5. */
const tolerance = 0.01;

/**
 * The range of pixels that a network's first operations are made for: those that bring one usual range to another, or
 * subtract a mean and divide by a standard deviation of the size that the images of that range have.
 * @param steps what `firstSteps` found
 * @returns undefined where they tell nothing
 */
export function recognizeInput(steps: readonly FirstStep[]): RecognizedInput | undefined {
  let made: Affine = { scale: [1], shift: [0] };
  let range: readonly [number, number] | undefined;
  for (const step of steps) {
    const next = after(made, step);
    if (!next) return undefined;
    made = next;
    range ??= conversionOf(made);
  }
  range ??= steps.length > 0 ? rangeOfMeans(made, steps) : undefined;
  if (!range) return undefined;
  const [least, most] = range;
  const std = made.scale.map((scale) => 1 / (scale * (most - least)));
  const mean = made.shift.map((shift, i) => -(shift + (made.scale[i] ?? 1) * least) * (std[i] ?? 1));
  const identity = std.every((value) => near(value, 1)) && mean.every((value) => near(value, 0));
  return { range, ...(identity ? {} : { normalizes: { mean: mean.map(short), std: std.map(short) } }) };
}

/** undefined where a step has neither one number nor one for each channel. */
function after({ scale, shift }: Affine, { op, by }: FirstStep): Affine | undefined {
  const channels = Math.max(scale.length, by.length);
  if (![1, channels].includes(scale.length) || ![1, channels].includes(by.length)) return undefined;
  const each = Array.from({ length: channels }, (_, channel) => {
    const at = (list: readonly number[]): number => list[list.length === 1 ? 0 : channel] ?? NaN;
    const [a, b, c] = [at(scale), at(shift), at(by)];
    switch (op) {
      case 'add':
        return [a, b + c];
      case 'sub':
        return [a, b - c];
      case 'rsub':
        return [-a, c - b];
      case 'mul':
        return [a * c, b * c];
      case 'div':
        return [a / c, b / c];
    }
  });
  const next = { scale: each.map(([a = NaN]) => a), shift: each.map(([, b = NaN]) => b) };
  return [...next.scale, ...next.shift].every(Number.isFinite) ? next : undefined;
}

function conversionOf({ scale, shift }: Affine): readonly [number, number] | undefined {
  return conversions.find(
    (known) =>
      scale.every((value) => near(value / known.scale, 1)) &&
      shift.every((value) => near(value, known.shift, Math.max(1, Math.abs(known.shift)))),
  )?.range;
}

/** Where the value that becomes 0 lies, and the difference that becomes 1, tell the range. */
function rangeOfMeans(
  { scale, shift }: Affine,
  steps: readonly FirstStep[],
): readonly [number, number] | undefined {
  const std = scale.map((value) => 1 / value);
  const mean = shift.map((value, i) => -value * (std[i] ?? NaN));
  const within = (list: readonly number[], least: number, most: number): boolean =>
    list.every((value) => value >= least && value <= most);
  if (shift.every((value) => value === 0)) {
    if (std.every((value) => near(value / 255, 1) || near(value / 127.5, 1))) return [0, 255];
    // A single factor may be anything; one for each channel is a standard deviation.
    if (!steps.some(({ by }) => by.length > 1)) return undefined;
    if (within(std, 16, 300)) return [0, 255];
    return within(std, 0.05, 0.98) ? [0, 1] : undefined;
  }
  if (within(mean, 0.01, 0.99) && within(std, 0.02, 1.5)) return [0, 1];
  return within(mean, 2, 253) && within(std, 0.5, 300) ? [0, 255] : undefined;
}

function near(value: number, wanted: number, unit = 1): boolean {
  return Math.abs(value - wanted) <= tolerance * unit;
}

/** Without the digits that float32 has too many of. */
function short(value: number): number {
  return Number(value.toPrecision(5));
}
