import { resolveAttack, type ResolvedAttack } from '../attacks/plan/resolve-attack';
import type { ResolvedExperiment } from './experiment-schema';

export interface ResolvedEvaluation {
  readonly count: number;
  readonly attacks: ResolvedAttack[];
}

/** An experiment in which the attacks, too, state every number. */
export type FullExperiment = ResolvedExperiment & {
  readonly evaluation: { readonly during: ResolvedEvaluation; readonly final: ResolvedEvaluation };
};

/** Fills in the defaults that depend on other values: those of the evaluation's attacks. */
export function resolveExperiment(experiment: ResolvedExperiment): FullExperiment {
  const { during, final } = experiment.evaluation;
  return {
    ...experiment,
    evaluation: {
      ...experiment.evaluation,
      during: { ...during, attacks: during.attacks.map(resolveAttack) },
      final: { ...final, attacks: final.attacks.map(resolveAttack) },
    },
  };
}
