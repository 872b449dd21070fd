import type { NamedSchema } from '../named-schema';
import type { AttackParameters } from './plan/attack-schema';

/** An attack, as everybody may know it. */
export interface AttackDefinition {
  /** Every key has a default and a description. */
  readonly parameters: NamedSchema<AttackParameters>;
}
