import type { FieldPath, FieldProblem } from './describe-issue';
import type { ResolvedExperiment } from './experiment-schema';
import { learningRateAt } from './schedule';
import { planTraining } from './training-plan';

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
    case 'cyclic': {
      const { steps } = planTraining(experiment, trainCount);
      return steps === 1 && learningRateAt(schedule, 0) === 0
        ? [
            {
              path: place,
              message:
                'cyclic begins with a rate of 0, and this training has a single step: nothing would be learned; ' +
                'give it more epochs or smaller batches, another schedule, or a peak of 0',
            },
          ]
        : [];
    }
  }
}
