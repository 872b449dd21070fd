import type { FieldPath, FieldProblem } from './describe-issue';
import type { ResolvedExperiment } from './experiment-schema';
import { validationCount } from './validation-count';

const place: FieldPath = ['training', 'validation'];

/**
 * What is wrong with the images that are held out, although each number is in its range; empty when nothing is.
 * @param trainCount training images before any are held out
 */
export function validationProblems({ training }: ResolvedExperiment, trainCount: number): FieldProblem[] {
  const { validation } = training;
  if (validation?.share !== undefined && validation.count !== undefined) {
    const message = 'says how many images twice, by share and by count; leave one out';
    return [{ path: [...place, 'count'], message }];
  }
  const held = validationCount(training, trainCount);
  return held < trainCount
    ? []
    : [
        {
          path: place,
          message: `holds out ${held} of ${trainCount} training images: none is left to train on`,
        },
      ];
}
