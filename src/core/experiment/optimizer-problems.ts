import type { FieldProblem } from './describe-issue';
import type { ResolvedExperiment } from './experiment-schema';
import { isJsonObject, type JsonObject } from './overlay';

/** What SGD has alone, and why another optimizer has no use for it. */
export const ofSgd: ReadonlyMap<'momentum' | 'nesterov', string> = new Map([
  ['momentum', 'beta1 of training.optimizer is its share of the gradients before'],
  ['nesterov', 'it has no velocity that a step could look ahead along'],
]);

/**
 * Settings of SGD beside another optimizer. What a recipe says of SGD does no harm, and what a record says neither: only
 * what is written by hand is refused.
 * @param said the run as the file says it, without its recipe
 */
export function optimizerProblems(said: JsonObject, { training }: ResolvedExperiment): FieldProblem[] {
  const { name } = training.optimizer;
  const given = isJsonObject(said.training) ? said.training : {};
  if (name === 'sgd') return [];
  return [...ofSgd].flatMap(([key, reason]) =>
    given[key] === undefined
      ? []
      : [
          {
            path: ['training', key],
            message: `is of SGD, and training.optimizer is ${name}: ${reason}; leave it out`,
          },
        ],
  );
}
