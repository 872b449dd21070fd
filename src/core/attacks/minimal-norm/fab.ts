import type { CreateAttack } from '../base/attack';
import { fabAttack } from './fab-search';
import type { FabParameters } from './fab-definition';

/**
 * Fast Adaptive Boundary attack: each step goes to the nearest of the linearised boundaries with the candidate classes;
 * targeted, to that of the target.
 * Croce and Hein, "Minimally distorted adversarial examples with a fast adaptive boundary attack", ICML 2020.
 */
export const createFab: CreateAttack<FabParameters> = (victim, parameters) => {
  const others = Math.min(parameters.candidates, victim.classes) - 1;
  return fabAttack(victim, parameters, parameters.restarts, (pass) => ({
    first: 1,
    count: others,
    restart: pass,
  }));
};
