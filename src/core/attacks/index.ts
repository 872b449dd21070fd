import type { AttackDefinition } from './define-attack';
import { attackParameters } from './plan/attack-schema';

/** Every attack, in the order in which people see them. */
export const attacks: readonly AttackDefinition[] = attackParameters.options.map((parameters) => ({
  parameters,
}));
