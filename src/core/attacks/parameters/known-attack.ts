import * as z from 'zod';
import { shownText } from '../../text-schema';
import type { StoredAttack } from './stored-attack';

/** What has to be known of an attack to read its results. */
export const measuredBy = z.strictObject({
  /** What perturbations can be measured by, the usual first; none: what it does to an image has no norm to speak of. */
  norms: z.array(shownText).readonly(),
  /** It looks for the smallest perturbation, instead of the best one within epsilon: a larger one doesn't count. */
  minimal: z.boolean().optional(),
});

/** An attack of a record, with what is known of it. */
export interface KnownAttack {
  readonly definition: z.output<typeof measuredBy>;
  readonly parameters: StoredAttack;
}

/** Whether an attack's examples may be larger than its epsilon; those that are don't count. */
export function isMinimalNorm({ definition }: Pick<KnownAttack, 'definition'>): boolean {
  return definition.minimal === true;
}

/** Whether an attack's perturbations are measured: a turned or shifted image has no norm to speak of. */
export function hasNorm({ definition }: Pick<KnownAttack, 'definition'>): boolean {
  return definition.norms.length > 0;
}

/** The largest perturbation that counts, in the attack's norm; Infinity where any does. */
export function budgetOf({ parameters: { epsilon = Infinity } }: Pick<KnownAttack, 'parameters'>): number {
  return epsilon;
}

/** Whether a perturbation of any size counts as a success: nearly every image falls to it sooner or later. */
export function hasNoBudget(attack: KnownAttack): boolean {
  return isMinimalNorm(attack) && budgetOf(attack) === Infinity;
}

/** What perturbations are compared by. To be shown only where {@link hasNorm} says so. */
export function normOf<Name extends string>(attack: {
  readonly definition: { readonly norms: readonly Name[] };
  readonly parameters: { readonly norm?: Name | undefined };
}): Name | 'linf' {
  return attack.parameters.norm ?? attack.definition.norms[0] ?? 'linf';
}
