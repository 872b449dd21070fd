import type { ScheduleParameters } from './training-schema';

type OneCycle = Extract<ScheduleParameters, { name: 'one-cycle' }>;

/**
 * The learning rate of a step.
 * @param step from 0
 * @param steps of the whole training
 * @param epochs of the whole training, of which a warm-up takes some
 */
export function learningRateAt(
  schedule: ScheduleParameters,
  step: number,
  steps: number,
  epochs?: number,
): number {
  const before = warmupSteps(schedule, steps, epochs);
  if (step >= before) return rateAfterWarmup(schedule, step - before, steps - before);
  const { factor = 1 } = schedule.warmup ?? {};
  return rateAfterWarmup(schedule, 0, steps - before) * (factor + ((1 - factor) * step) / before);
}

/** Steps at the start in which the rate rises to the first one of the schedule. */
export function warmupSteps({ warmup }: ScheduleParameters, steps: number, epochs = 1): number {
  return warmup ? Math.round((steps * warmup.epochs) / epochs) : 0;
}

function rateAfterWarmup(schedule: ScheduleParameters, step: number, steps: number): number {
  const progress = step / steps;
  switch (schedule.name) {
    case 'piecewise': {
      const drops = schedule.milestones.filter((milestone) => progress >= milestone).length;
      return schedule.learningRate * schedule.factor ** drops;
    }
    case 'cosine': {
      const { learningRate, final } = schedule;
      return final + (learningRate - final) * 0.5 * (1 + Math.cos(Math.PI * progress));
    }
    case 'cyclic':
      return schedule.learningRate * triangle(schedule.peak, progress);
    case 'one-cycle': {
      const { learningRate, divisor, finalDivisor } = schedule;
      const first = learningRate / divisor;
      return oneCycle(schedule, step, steps, [first, learningRate, first / finalDivisor]);
    }
  }
}

/** Whether momentum is another one in each step. */
export function cyclesMomentum(schedule: ScheduleParameters): boolean {
  return 'cycleMomentum' in schedule && schedule.cycleMomentum;
}

/**
 * The momentum of a step, or Adam's beta1, where the schedule decides it; undefined: it is that of the training. During a
 * warm-up it is that of the schedule's first step.
 */
export function momentumAt(
  schedule: ScheduleParameters,
  at: number,
  all: number,
  epochs?: number,
): number | undefined {
  if (!('cycleMomentum' in schedule) || !schedule.cycleMomentum) return undefined;
  const { baseMomentum, maxMomentum } = schedule;
  const before = warmupSteps(schedule, all, epochs);
  const [step, steps] = [Math.max(0, at - before), all - before];
  return schedule.name === 'cyclic'
    ? maxMomentum - (maxMomentum - baseMomentum) * triangle(schedule.peak, step / steps)
    : oneCycle(schedule, step, steps, [maxMomentum, baseMomentum, maxMomentum]);
}

/** From 0 linearly to 1 at the peak, and back to 0. */
function triangle(peak: number, progress: number): number {
  if (progress < peak) return progress / peak;
  return peak < 1 ? (1 - progress) / (1 - peak) : 1;
}

/**
 * From the first value to the second and on to the third, each along half a cosine, as PyTorch's OneCycleLR counts: the
 * second is reached at step peak * steps - 1, which need not be whole, the third in the last step.
 */
function oneCycle(
  { peak }: OneCycle,
  step: number,
  steps: number,
  [first, second, third]: readonly [number, number, number],
): number {
  const top = peak * steps - 1;
  const along = (from: number, to: number, share: number): number =>
    to + ((from - to) / 2) * (1 + Math.cos(Math.PI * share));
  if (step <= top) return along(first, second, top > 0 ? step / top : 1);
  return along(second, third, (step - top) / (steps - 1 - top));
}
