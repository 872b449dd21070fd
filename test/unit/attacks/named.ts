import * as z from 'zod';
import { attacks } from '../../../src/core/attacks';
import type { Attack } from '../../../src/core/attacks/base/attack';
import type { ForwardVictim } from '../../../src/core/attacks/base/forward-victim';
import type { ScoreModel } from '../../../src/core/attacks/base/score-model';
import type { Victim } from '../../../src/core/attacks/base/victim';
import type { AttackParameters } from '../../../src/core/attacks/parameters/attack-parameters';
import { planAttacks, requestedAttack, type AttackPlan } from '../../../src/core/attacks/plan/attack-plan';
import { resolveAttack, type ResolvedAttack } from '../../../src/core/attacks/plan/resolve-attack';
import { oracle } from './devices';

const request = z.looseObject({ name: z.string() });

/** An attack of those that come with the program, with every parameter stated. */
export function named(parameters: object): ResolvedAttack {
  return resolveAttack(attacks, request.parse(parameters));
}

/** The same, bound to a network. */
export function bound(victim: Victim | ForwardVictim, parameters: object): Promise<Attack> {
  const attack = named(parameters);
  return attack.definition.bind(victim, attack.parameters);
}

/** Parameters as whoever asks for an attack has them checked. @throws ZodError */
export function requested(parameters: object): AttackParameters {
  return requestedAttack(attacks).parse(parameters);
}

/** A network of which there are only these forward passes. */
export function forwardVictim(scores: ScoreModel): ForwardVictim {
  return { device: oracle(), classes: scores.classes, scores };
}

export function planned(
  parameters: readonly object[],
  options?: Parameters<typeof planAttacks>[2],
): AttackPlan {
  const requests = parameters.map((one) => request.parse(one));
  return planAttacks(attacks, requests, options);
}
