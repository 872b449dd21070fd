import type { FieldPath, FieldProblem } from './describe-issue';
import type { ResolvedExperiment } from './experiment-schema';
import { learningRateAt } from './schedule';
import { planTraining } from './training-plan';
import type { ScheduleParameters } from './training-schema';

const place: FieldPath = ['training', 'schedule'];

/**
 * What is wrong with an experiment's learning rates although each number is in its range; empty when nothing is.
 * Apart from the validators, so that records of older runs can be read.
 */
export function scheduleProblems(experiment: ResolvedExperiment, trainCount: number): FieldProblem[] {
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
        planTraining(experiment, trainCount).steps === 1 && schedule.peak < 1
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
      const { steps } = planTraining(experiment, trainCount);
      const begins =
        steps === 1 && learningRateAt(schedule, 0, steps) === 0
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

function momentumProblems({
  cycleMomentum,
  baseMomentum,
  maxMomentum,
}: Extract<ScheduleParameters, { cycleMomentum: boolean }>): FieldProblem[] {
  if (!cycleMomentum || baseMomentum <= maxMomentum) return [];
  const message = `must be at most maxMomentum, which is ${maxMomentum}: momentum falls to it; got ${baseMomentum}`;
  return [{ path: [...place, 'baseMomentum'], message }];
}
