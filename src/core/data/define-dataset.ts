import * as z from 'zod';
import type { NamedSchema } from '../named-schema';
import { plainPath } from '../text-schema';
import type { LoadOptions, Normalization, Splits } from './dataset';

/** What an experiment says of its data set, every default filled in; a data set may have keys of its own. */
export type DatasetParameters = Readonly<z.output<ReturnType<typeof imageParameters>>>;

/** A data set, as everybody may know it. */
export interface DatasetDefinition {
  readonly name: string;
  /** For people. */
  readonly title: string;
  readonly classNames: readonly string[];
  /** Images of each split. */
  readonly counts: Readonly<Record<keyof Splits, number>>;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly normalization: Normalization;
  /** Every key has a description, and all but the name a default. */
  readonly parameters: NamedSchema<DatasetParameters>;
  /** Folder in the cache that `fetch` fills. */
  readonly cached?: string | undefined;
  /**
   * Puts the data set into the cache, unless it is there. Absent: there is nothing to download.
   * @returns the folder
   * @throws M2atError `io` or `data` when it can't be had; `cancelled`
   */
  readonly fetch?: ((options: LoadOptions) => Promise<string>) | undefined;
  /** @throws M2atError `data` or `io` when images are missing, truncated, altered or out of reach; `cancelled` */
  readonly open: (parameters: DatasetParameters, options: LoadOptions) => Promise<Splits>;
}

/** One entry of the list. What reads files is loaded by `import()` in `fetch` and `open`: not everybody needs it. */
export function defineDataset<Parameters extends DatasetParameters>(
  definition: Omit<DatasetDefinition, 'parameters' | 'open'> & {
    readonly parameters: NamedSchema<Parameters>;
    readonly open: (parameters: Parameters, options: LoadOptions) => Promise<Splits>;
  },
): DatasetDefinition {
  const { parameters, open } = definition;
  return { ...definition, open: (given, options) => open(parameters.parse(given), options) };
}

/**
 * The keys that every data set has; `extend` adds its own.
 * @param folder what is to be in the folder, and which one is used where none is named
 */
export function imageParameters(name: string, { train, test }: DatasetDefinition['counts'], folder: string) {
  return z.strictObject({
    name: z.enum([name]),
    folder: plainPath.min(1).optional().describe(folder),
    trainCount: z.int().min(1).max(train).default(train).describe('Use the first N training images.'),
    testCount: z.int().min(1).max(test).default(test).describe('Use the first N test images.'),
  });
}
