import type { FieldProblem } from './describe-issue';
import { usualCounts, type ResolvedExperiment } from './experiment-schema';
import { heldOut, type ImageCounts } from './validation-rule';

/**
 * Evaluations that ask for more images than there are. Of a count that is not above the usual one all images are taken
 * where there are fewer: it is what a file says that says nothing.
 */
export function evaluationCountProblems(
  { training, evaluation }: ResolvedExperiment,
  images: ImageCounts,
): FieldProblem[] {
  const held = heldOut(training, images);
  // Before the data are open nobody knows whether they have images of their own for it.
  const isKnown = images.own !== undefined || training.validation !== 'auto';
  const test = { count: images.test, of: 'test images that there are' };
  const validation = {
    count: isKnown ? held?.count : undefined,
    of: 'images that training.validation holds out',
  };
  return (['during', 'final'] as const).flatMap((part): FieldProblem[] => {
    const { count: most, of } = part === 'during' && held ? validation : test;
    const { count } = evaluation[part];
    if (most === undefined || count <= most || count <= usualCounts[part]) return [];
    const message = `must be at most ${most}, the ${of}; got ${count}`;
    return [{ path: ['evaluation', part, 'count'], message }];
  });
}
