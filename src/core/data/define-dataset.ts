import * as z from 'zod';
import type { NamedSchema } from '../named-schema';
import { plainPath } from '../text-schema';
import type { CacheOptions, LoadOptions, Normalization, OpenedDataset, Splits } from './dataset';

/** What every data set's part of an experiment may have; a data set may have keys of its own. */
export type DatasetParameters = Readonly<{
  name: string;
  folder?: string | undefined;
  /** Use the first N training images; absent: all. */
  trainCount?: number | undefined;
  /** Use the first N test images; absent: all. */
  testCount?: number | undefined;
  extra?: ExtraParameters | undefined;
}>;

const extraParameters = z
  .strictObject({
    file: plainPath
      .min(1)
      .describe(
        'A .npz with `image` (uint8, of the size of the data set) and `label`, as Wang et al. 2023 publish them.',
      ),
    share: z
      .number()
      .gt(0)
      .lt(1)
      .default(0.7)
      .describe('How much of each batch they are; the rest are images of the data set.'),
  })
  .readonly();
export type ExtraParameters = z.output<typeof extraParameters>;

/** A key of every data set. */
export const extraKey = extraParameters
  .optional()
  .describe('Generated images that are trained on beside those of the data set.');

/** Parameters of a data set whose images are counted before its files are seen. */
export type CountedParameters = Readonly<z.output<ReturnType<typeof imageParameters>>>;

/** What is known of a data set before its files are seen, where its parameters say no more than that they have to. */
export interface DatasetFacts {
  /** In the order of the labels. */
  readonly classNames: readonly string[];
  /** Images of each split. */
  readonly counts: Readonly<Record<keyof Splits, number>>;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly normalization: Normalization;
}

/** What a network under attack takes; null where it takes any. */
export interface NetworkImages {
  readonly height: number | null;
  readonly width: number | null;
  readonly channels: number | null;
  readonly classNames?: readonly string[] | undefined;
}

/** How a data set is put into the cache. */
export interface FetchOptions extends CacheOptions {
  /** One of its `sizes`; absent: the first. */
  readonly size?: number | undefined;
}

/** A data set, as everybody may know it. */
export interface DatasetDefinition {
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** Absent: the user's own images, of which nobody knows before they are opened. */
  readonly facts?: DatasetFacts | undefined;
  /** Every key has a description, and all but the name and what names files a default. */
  readonly parameters: NamedSchema<DatasetParameters>;
  /** Keys of the parameters that name files or folders, from the experiment's place. Absent: `folder`. */
  readonly files?: readonly string[] | undefined;
  /** Pixels of a side, where the same images come in several, each in files of its own. The first is what is usual. */
  readonly sizes?: readonly [number, ...number[]] | undefined;
  /**
   * Puts the data set into the cache, unless it is there. Absent: there is nothing to download.
   * @returns the folder
   * @throws M2atError `io` or `data` when it can't be had; `cancelled`
   */
  readonly fetch?: ((options: FetchOptions) => Promise<string>) | undefined;
  /**
   * The parameters for an attack on a network, which tells what they leave open, such as the size of the images. Absent: they
   * leave nothing open.
   * @throws M2atError as `open`
   */
  readonly forNetwork?:
    ((parameters: DatasetParameters, network: NetworkImages) => Promise<DatasetParameters>) | undefined;
  /**
   * @throws M2atError `data` or `io` when images are missing, truncated, altered or out of reach; `bad-input` for parameters
   * that don't fit the files; `cancelled`
   */
  readonly open: (parameters: DatasetParameters, options: LoadOptions) => Promise<OpenedDataset>;
}

type Given<Parameters extends DatasetParameters, Opened> = Omit<
  DatasetDefinition,
  'facts' | 'parameters' | 'forNetwork' | 'open'
> & {
  readonly parameters: NamedSchema<Parameters>;
  readonly forNetwork?:
    ((parameters: NoInfer<Parameters>, network: NetworkImages) => Promise<DatasetParameters>) | undefined;
  readonly open: (parameters: Parameters, options: LoadOptions) => Promise<Opened>;
};

type KnownAhead = DatasetDefinition & { readonly facts: DatasetFacts };

/**
 * One entry of the list. What reads files is loaded by `import()` in `fetch` and `open`: not everybody needs it. Classes and
 * normalisation are those of `facts` where `open` tells no others.
 */
export function defineDataset<Parameters extends DatasetParameters>(
  definition: Given<Parameters, Splits & Partial<OpenedDataset>> & Pick<KnownAhead, 'facts'>,
): KnownAhead;
export function defineDataset<Parameters extends DatasetParameters>(
  definition: Given<Parameters, OpenedDataset> & { readonly facts?: undefined },
): DatasetDefinition;
export function defineDataset<Parameters extends DatasetParameters>(
  definition:
    | (Given<Parameters, Splits & Partial<OpenedDataset>> & Pick<KnownAhead, 'facts'>)
    | (Given<Parameters, OpenedDataset> & { readonly facts?: undefined }),
): DatasetDefinition {
  const { parameters, forNetwork } = definition;
  const openKnown = async (parsed: Parameters, options: LoadOptions): Promise<OpenedDataset> => {
    if (!definition.facts) return definition.open(parsed, options);
    const { classNames, normalization } = definition.facts;
    return { classNames, normalization, ...(await definition.open(parsed, options)) };
  };
  const open = async (given: DatasetParameters, options: LoadOptions): Promise<OpenedDataset> => {
    const parsed = parameters.parse(given);
    const opened = await openKnown(parsed, options);
    if (!parsed.extra) return opened;
    const { openExtra } = await import('./open-extra');
    return { ...opened, extra: await openExtra(parsed.extra, opened, options) };
  };
  return {
    ...definition,
    open,
    forNetwork: forNetwork && ((given, network) => forNetwork(parameters.parse(given), network)),
  };
}

/**
 * The keys of a data set whose images are counted; `extend` adds its own.
 * @param folder what is to be in the folder, and which one is used where none is named
 */
export function imageParameters(name: string, { train, test }: DatasetFacts['counts'], folder: string) {
  return z.strictObject({
    name: z.enum([name]),
    folder: plainPath.min(1).optional().describe(folder),
    trainCount: z.int().min(1).max(train).default(train).describe('Use the first N training images.'),
    testCount: z.int().min(1).max(test).default(test).describe('Use the first N test images.'),
    extra: extraKey,
  });
}
