import type { CreateAttack } from './attack';
import { fabAttack } from './fab-search';
import type { FabTargetedParameters } from './fab-schema';

/**
 * FAB-T: one search a class, of the classes with the largest clean logits; each follows the linearised boundary with that class
 * only, and takes any misclassification it meets. One backward pass a step, however many classes there are.
 * Croce and Hein, "Reliable evaluation of adversarial robustness with an ensemble of diverse parameter-free attacks",
 * ICML 2020.
 */
export const createFabTargeted: CreateAttack<FabTargetedParameters> = (victim, parameters) => {
  const { restarts } = parameters;
  const targets = Math.min(parameters.targets, victim.classes - 1);
  return fabAttack(victim, parameters, targets * restarts, (pass) => ({
    first: 1 + Math.floor(pass / restarts),
    count: 1,
    restart: pass % restarts,
  }));
};
