import type { FieldProblem } from './describe-issue';
import type { ResolvedExperiment } from './experiment-schema';
import { scheduleProblems } from './schedule-problems';
import { validationCount } from './validation-count';
import { validationProblems } from './validation-problems';

/**
 * What is wrong between the settings of a training and the number of images that it has; empty when nothing is.
 * @param trainCount training images before any are held out
 */
export function countProblems(experiment: ResolvedExperiment, trainCount: number): FieldProblem[] {
  const problems = [...validationProblems(experiment, trainCount), ...patienceProblems(experiment)];
  if (problems.length > 0) return problems;
  return scheduleProblems(experiment, trainCount - validationCount(experiment.training, trainCount));
}

/** On test images, patience would choose the network by the images that it is judged by. */
function patienceProblems({ training: { earlyStopping, validation } }: ResolvedExperiment): FieldProblem[] {
  if (earlyStopping?.patience === undefined || validation) return [];
  const message =
    'waits for a higher robust accuracy on validation images, and none are held out: add training.validation, ' +
    'such as { "share": 0.02 }';
  return [{ path: ['training', 'earlyStopping', 'patience'], message }];
}
