import type { ResolvedExperiment } from './experiment-schema';

/** Share of the training images where `training.validation` says neither a share nor a count. */
const USUAL_SHARE = 0.02;

/** How many of the training images are held out for validation: 0 without `training.validation`, else at least 1. */
export function validationCount(
  { validation }: Pick<ResolvedExperiment['training'], 'validation'>,
  trainCount: number,
): number {
  if (!validation) return 0;
  const { count, share = USUAL_SHARE } = validation;
  return count ?? Math.max(1, Math.round(share * trainCount));
}
