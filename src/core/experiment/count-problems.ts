import { extraCount } from '../data/extra-count';
import type { FieldProblem } from './describe-issue';
import type { ResolvedExperiment } from './experiment-schema';
import { scheduleProblems } from './schedule-problems';
import { planTraining } from './training-plan';
import { validationCount } from './validation-count';
import { validationProblems } from './validation-problems';

/**
 * What is wrong between the settings of a training and the number of images that it has; empty when nothing is.
 * @param trainCount training images before any are held out
 */
export function countProblems(experiment: ResolvedExperiment, trainCount: number): FieldProblem[] {
  const problems = [...validationProblems(experiment, trainCount), ...patienceProblems(experiment)];
  if (problems.length > 0) return problems;
  const trained = trainCount - validationCount(experiment.training, trainCount);
  return [
    ...partProblems(experiment, trained),
    ...extraProblems(experiment, trained),
    ...scheduleProblems(experiment, trained),
  ];
}

/** Parts of a batch that are not equal. */
function partProblems(experiment: ResolvedExperiment, trainCount: number): FieldProblem[] {
  const { batchSize, parts } = planTraining(experiment, trainCount);
  if (batchSize % parts === 0) return [];
  const of = batchSize < experiment.training.batchSize ? ', as that many images are trained on' : '';
  const message = `must divide the batch size, which is ${batchSize}${of}; got ${parts}`;
  return [{ path: ['training', 'accumulate'], message }];
}

/** A batch of generated images alone, or with none. */
function extraProblems(experiment: ResolvedExperiment, trainCount: number): FieldProblem[] {
  const { extra } = experiment.dataset;
  if (!extra) return [];
  const { batchSize, parts } = planTraining(experiment, trainCount);
  const images = Math.floor(batchSize / parts);
  const count = extraCount(extra.share, images);
  if (count > 0 && count < images) return [];
  const message = `makes ${count} of the ${images} images of a batch generated ones; some have to be, and not all`;
  return [{ path: ['dataset', 'extra', 'share'], message }];
}

/** On test images, patience would choose the network by the images that it is judged by. */
function patienceProblems({ training: { earlyStopping, validation } }: ResolvedExperiment): FieldProblem[] {
  if (earlyStopping?.patience === undefined || validation) return [];
  const message =
    'waits for a higher robust accuracy on validation images, and none are held out: add training.validation, ' +
    'such as { "share": 0.02 }';
  return [{ path: ['training', 'earlyStopping', 'patience'], message }];
}
