import type { BallNorm } from '../budget/ball';

/** Steps with one epsilon, and those between two checkpoints. */
export interface ApgdStage {
  readonly epsilon: number;
  /** Steps up to each checkpoint, and after the last one; their sum is the stage's number of steps. */
  readonly intervals: readonly number[];
  /** Steps between checkpoints; an interval that is shorter ends without one. */
  readonly lengths: readonly number[];
}

/**
 * The stages of Auto-PGD. linf and l2: one; the first checkpoint after 22 % of the steps, each later interval is 3 %
 * shorter than the one before, and none shorter than 6 %. l1: epsilon three times, twice and once as large for 30, 30
 * and 40 % of the steps, with a checkpoint every 4 %.
 */
export function apgdStages(norm: BallNorm, epsilon: number, steps: number): readonly ApgdStage[] {
  if (norm !== 'l1') {
    const shortest = share(steps, 0.06);
    const shrink = share(steps, 0.03);
    return [stage(epsilon, steps, share(steps, 0.22), (length) => Math.max(length - shrink, shortest))];
  }
  const first = Math.min(steps, Math.ceil(0.3 * steps));
  const second = Math.min(steps - first, first);
  const parts = [first, second, steps - first - second];
  return parts.flatMap((part, n) =>
    // Even where there are too few steps for it, the last stage has the epsilon that was asked for.
    part === 0 && n < 2 ? [] : [stage((3 - n) * epsilon, part, share(part, 0.04), (length) => length)],
  );
}

function stage(
  epsilon: number,
  steps: number,
  first: number,
  following: (length: number) => number,
): ApgdStage {
  const intervals: number[] = [];
  const lengths: number[] = [];
  for (let done = 0, length = first; done < steps; done += length, length = following(length)) {
    intervals.push(Math.min(length, steps - done));
    lengths.push(length);
  }
  return { epsilon, intervals, lengths };
}

function share(steps: number, part: number): number {
  return Math.max(Math.floor(part * steps), 1);
}
