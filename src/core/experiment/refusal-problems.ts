import { ACCUMULATION, refusedBy, type Refused } from '../methods/refusals';
import type { FieldProblem } from './describe-issue';
import type { ExperimentLists, ResolvedExperiment } from './experiment-schema';

/** Settings of an experiment that have no meaning together. Apart from the validators, so that older records can be read. */
export function refusalProblems(
  { method, options, training }: ResolvedExperiment,
  lists: Pick<ExperimentLists, 'methods' | 'options'>,
): FieldProblem[] {
  const given: Readonly<Record<string, unknown>> = options;
  return refusedBy(lists, method, given).flatMap((refused): FieldProblem[] => {
    const { key } = refused;
    const message = refusalText(refused);
    if (key === ACCUMULATION) return inParts(training) ? [{ path: ['training', key], message }] : [];
    return given[key] === undefined ? [] : [{ path: ['options', key], message }];
  });
}

/** Whether batches are accumulated. */
function inParts(training: object): boolean {
  return ACCUMULATION in training && Number(training[ACCUMULATION]) > 1;
}

/** The end of a sentence that begins with the key. */
export function refusalText({ beside, reason }: Refused): string {
  return `can't be combined with ${beside}: ${reason}`;
}
