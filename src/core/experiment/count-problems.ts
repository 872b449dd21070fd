import { extraCount } from '../data/extra-count';
import type { FieldProblem } from './describe-issue';
import { evaluationCountProblems } from './evaluation-count-problems';
import type { ResolvedExperiment } from './experiment-schema';
import { scheduleProblems } from './schedule-problems';
import { planTraining } from './training-plan';
import { validationProblems } from './validation-problems';
import { trainedCount, type ImageCounts } from './validation-rule';

/** What is wrong between the settings of a training and the images that it has; empty when nothing is. */
export function countProblems(experiment: ResolvedExperiment, images: ImageCounts): FieldProblem[] {
  const problems = [...validationProblems(experiment, images), ...patienceProblems(experiment)];
  if (problems.length > 0) return problems;
  const trained = trainedCount(experiment.training, images);
  return [
    ...partProblems(experiment, trained),
    ...extraProblems(experiment, trained),
    ...scheduleProblems(experiment, trained),
    ...evaluationCountProblems(experiment, images),
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
  if (earlyStopping?.patience === undefined || validation !== undefined) return [];
  const message =
    'waits for a higher robust accuracy on validation images, and none are held out: add training.validation, ' +
    'such as 0.02';
  return [{ path: ['training', 'earlyStopping', 'patience'], message }];
}
