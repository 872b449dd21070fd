import { refusedBy, type Refused } from '../methods/refusals';
import type { FieldProblem } from './describe-issue';
import type { ExperimentLists, ResolvedExperiment } from './experiment-schema';

/** Settings of an experiment that have no meaning together. Apart from the validators, so that older records can be read. */
export function refusalProblems(
  { method, options }: ResolvedExperiment,
  lists: Pick<ExperimentLists, 'methods' | 'options'>,
): FieldProblem[] {
  const given: Readonly<Record<string, unknown>> = options;
  return refusedBy(lists, method, given).flatMap((refused) =>
    given[refused.key] === undefined
      ? []
      : [{ path: ['options', refused.key], message: refusalText(refused) }],
  );
}

/** The end of a sentence that begins with the key. */
export function refusalText({ beside, reason }: Refused): string {
  return `can't be combined with ${beside}: ${reason}`;
}
