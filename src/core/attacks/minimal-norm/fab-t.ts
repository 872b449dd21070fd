import type { CreateAttack } from '../base/attack';
import { fabAttack, type FabPass } from './fab-search';
import { targetsFor } from '../base/targets';
import type { FabTargetedParameters } from './fab-definition';

/**
 * FAB-T: one search a class, of the classes with the largest clean logits; each follows the linearised boundary with that class
 * only, and takes any misclassification it meets; targeted, it follows that of the target, which has to be reached. One backward pass a step, however many classes there are.
 * Croce and Hein, "Reliable evaluation of adversarial robustness with an ensemble of diverse parameter-free attacks",
 * ICML 2020.
 */
export const createFabTargeted: CreateAttack<FabTargetedParameters> = (victim, parameters) => {
  const { restarts, targeted } = parameters;
  const { targets, note } = targeted ? { targets: 1 } : targetsFor(parameters, victim.classes);
  const planOf = (pass: number): FabPass => ({
    first: 1 + Math.floor(pass / restarts),
    count: 1,
    restart: pass % restarts,
  });
  return fabAttack(victim, parameters, targets * restarts, planOf, note === undefined ? [] : [note]);
};
