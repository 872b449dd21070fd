import type { FieldPath, FieldProblem } from './describe-issue';
import type { ResolvedExperiment } from './experiment-schema';
import { learningRateAt, warmupSteps } from './schedule';
import { planTraining } from './training-plan';
import type { ScheduleParameters } from './training-schema';

const place: FieldPath = ['training', 'schedule'];

/**
 * What is wrong with an experiment's learning rates although each number is in its range; empty when nothing is.
 * Apart from the validators, so that records of older runs can be read.
 */
export function scheduleProblems(experiment: ResolvedExperiment, trainCount: number): FieldProblem[] {
  const warmup = warmupProblems(experiment, trainCount);
  return warmup.length > 0 ? warmup : rateProblems(experiment, trainCount);
}

/** A warm-up that leaves nothing to the schedule, or that has nothing to rise to. */
function warmupProblems(experiment: ResolvedExperiment, trainCount: number): FieldProblem[] {
  const { schedule, epochs } = experiment.training;
  if (!schedule.warmup) return [];
  const { steps } = planTraining(experiment, trainCount);
  const before = warmupSteps(schedule, steps, epochs);
  const problem = (message: string): FieldProblem[] => [{ path: [...place, 'warmup'], message }];
  if (before >= steps) {
    return problem(
      `must be shorter than the training, which has ${epochs} epochs: nothing is left to the schedule; got ${schedule.warmup.epochs}`,
    );
  }
  if (schedule.name === 'cyclic' && schedule.peak > 0) {
    return problem(
      'has nothing to rise to: cyclic begins with a rate of 0, and rises by itself until its peak; leave one of the two out',
    );
  }
  return [];
}

function rateProblems(experiment: ResolvedExperiment, trainCount: number): FieldProblem[] {
  const { schedule } = experiment.training;
  switch (schedule.name) {
    case 'piecewise':
      return schedule.milestones.flatMap((milestone, index) =>
        schedule.milestones.indexOf(milestone) === index
          ? []
          : [
              {
                path: [...place, 'milestones', index],
                message: `${milestone} is given twice, and the rate would drop twice there; leave one out, or lower training.schedule.factor`,
              },
            ],
      );
    case 'cosine':
      return schedule.final > schedule.learningRate
        ? [
            {
              path: [...place, 'final'],
              message: `must be at most learningRate, which is ${schedule.learningRate}: the rate falls towards it; got ${schedule.final}`,
            },
          ]
        : [];
    case 'one-cycle': {
      const ends =
        stepsAfterWarmup(experiment, trainCount) === 1 && schedule.peak < 1
          ? [
              {
                path: place,
                message:
                  'one-cycle ends with a rate near 0, and this training has a single step, the last one: nothing would be ' +
                  'learned; give it more epochs or smaller batches, or another schedule',
              },
            ]
          : [];
      return [...ends, ...momentumProblems(schedule)];
    }
    case 'cyclic': {
      const steps = stepsAfterWarmup(experiment, trainCount);
      const begins =
        steps === 1 && learningRateAt({ ...schedule, warmup: undefined }, 0, steps) === 0
          ? [
              {
                path: place,
                message:
                  'cyclic begins with a rate of 0, and this training has a single step: nothing would be learned; ' +
                  'give it more epochs or smaller batches, another schedule, or a peak of 0',
              },
            ]
          : [];
      return [...begins, ...momentumProblems(schedule)];
    }
  }
}

function stepsAfterWarmup(experiment: ResolvedExperiment, trainCount: number): number {
  const { steps } = planTraining(experiment, trainCount);
  const { schedule, epochs } = experiment.training;
  return steps - warmupSteps(schedule, steps, epochs);
}

function momentumProblems({
  cycleMomentum,
  baseMomentum,
  maxMomentum,
}: Extract<ScheduleParameters, { cycleMomentum: boolean }>): FieldProblem[] {
  if (!cycleMomentum || baseMomentum <= maxMomentum) return [];
  const message = `must be at most maxMomentum, which is ${maxMomentum}: momentum falls to it; got ${baseMomentum}`;
  return [{ path: [...place, 'baseMomentum'], message }];
}
