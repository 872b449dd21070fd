import * as z from 'zod';
import { M2atError } from '../../errors';
import type { AttackDefinition, AttackEntry, AttackRequest } from '../base/define-attack';
import type { AttackParameters } from '../parameters/attack-parameters';
import { entryOf } from './attack-list';

/** An attack that states every parameter. */
export interface ResolvedAttack {
  readonly definition: AttackDefinition;
  readonly parameters: AttackParameters;
}

/**
 * Fills in the defaults that depend on other parameters, so that an experiment and a report state every number.
 * @throws M2atError `bad-input` for a name that is no attack's, and for parameters that the attack does not take
 */
export function resolveAttack(attacks: readonly AttackEntry[], request: AttackRequest): ResolvedAttack {
  const definition = entryOf(attacks, request.name);
  if (definition?.kind !== 'attack') {
    throw new M2atError('bad-input', `"${request.name}" is no attack`, { where: 'attacks' });
  }
  return { definition, parameters: withProblems(request.name, () => definition.complete(request)) };
}

/** @throws M2atError `bad-input` in place of a ZodError */
export function withProblems<T>(name: string, complete: () => T): T {
  try {
    return complete();
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const problems = error.issues.map(({ path, message }) => `${path.join('.')} ${message}`.trim());
    throw new M2atError('bad-input', problems.join('; '), { where: `attack ${name}`, cause: error });
  }
}

/** Whether an attack's results depend on no random number, so that every version of the draws gives the same. */
export function drawsNothing({ definition, parameters }: ResolvedAttack): boolean {
  return parameters.target !== 'random' && !definition.draws(parameters);
}
