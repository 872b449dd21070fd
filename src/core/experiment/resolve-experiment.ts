import { attacks } from '../attacks';
import type { AttackEntry } from '../attacks/base/define-attack';
import { completeEntry } from '../attacks/plan/evaluation-plan';
import type { ResolvedExperiment } from './experiment-schema';

/** An experiment in which the attacks, too, state every number. */
export type FullExperiment = ResolvedExperiment;

/**
 * Fills in the defaults that depend on other values: those of the evaluation's attacks.
 * @param list the attacks that there are
 */
export function resolveExperiment(
  experiment: ResolvedExperiment,
  list: readonly AttackEntry[] = attacks,
): FullExperiment {
  const { during, final } = experiment.evaluation;
  const full = <Part extends typeof during>(part: Part): Part => ({
    ...part,
    attacks: part.attacks.map((attack) => completeEntry(list, attack)),
  });
  return {
    ...experiment,
    evaluation: { ...experiment.evaluation, during: full(during), final: full(final) },
  };
}
