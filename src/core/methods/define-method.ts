import type { NamedSchema } from '../named-schema';
import type { MethodParameters } from './method-schema';

/** A training method, as everybody may know it. */
export interface MethodDefinition {
  readonly name: string;
  /** Every key has a default and a description. */
  readonly parameters: NamedSchema<MethodParameters>;
}
