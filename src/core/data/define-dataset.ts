import type { NamedSchema } from '../named-schema';
import type { DatasetParameters } from './dataset-schema';

/** A data set, as everybody may know it. */
export interface DatasetDefinition {
  readonly name: string;
  /** Every key has a default and a description. */
  readonly parameters: NamedSchema<DatasetParameters>;
}
