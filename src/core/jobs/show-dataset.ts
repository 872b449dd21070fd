import type { LoadOptions } from '../data/dataset';
import { datasetOfPath } from '../data/dataset-of-path';
import { loadDataset } from '../data/load-dataset';
import type { NamedDataset } from '../data/named-dataset';
import { multiLabelSets } from '../data/sets/medmnist/multi-label';
import { pictureFile } from '../data/picture-file';
import { pictureSheet } from '../data/picture-sheet';
import { loadExperiment } from '../experiment/load-experiment';
import { writeFileAtomic } from '../files/atomic-file';
import { builtIn, type Registry } from '../registry/registry';
import { encodePng } from '../runs/png-file';

export interface ShowDatasetOptions extends LoadOptions {
  /** A name of the list, an experiment file, a folder of pictures, or an `.npz` file. */
  readonly dataset: string;
  /** Keys of the data set, such as a folder. */
  readonly keys?: Readonly<Record<string, unknown>> | undefined;
  readonly split?: 'train' | 'test' | undefined;
  /** The picture to write; absent: one in the cache, which the next one of the same name replaces. */
  readonly out?: string | undefined;
  readonly registry?: Registry | undefined;
}

/** A picture of a data set, and what is in it. */
export interface ShownDataset {
  /** Absolute path of the PNG. */
  readonly file: string;
  readonly name: string;
  readonly split: string;
  /** Images of the split. */
  readonly count: number;
  /** Height, width, channels. */
  readonly size: readonly [number, number, number];
  /** In the order of the labels. */
  readonly classes: readonly { readonly name: string; readonly count: number }[];
}

/**
 * Draws images of a data set, a row for each class, as one PNG.
 * @throws M2atError as `loadDataset` and `loadExperiment`; `io` when the picture can't be written
 */
export async function showDataset({
  dataset,
  keys = {},
  split = 'train',
  out,
  registry = builtIn,
  ...options
}: ShowDatasetOptions): Promise<ShownDataset> {
  const said = { ...(await datasetSaid(registry, dataset)), ...keys };
  const { name, classNames, ...splits } = await loadDataset(registry.datasets, said, options);
  const source = splits[split];
  const { count, height, width, channels } = source;
  const size = [height, width, channels] as const;
  const what = split === 'train' ? 'training' : split;
  const title = `${name}: ${count} ${what} images of ${size.join(' x ')} in ${classNames.length} classes`;
  const canvas = await pictureSheet(source, classNames, title, options.signal);
  const file = await pictureFile(`${name}-${split}`, out);
  await writeFileAtomic(file, await encodePng(canvas.pixels, canvas.width, canvas.height));
  const counts = classNames.map(() => 0);
  for (const label of source.labels) counts[label] = (counts[label] ?? 0) + 1;
  return {
    ...{ file, name, split, count, size },
    classes: classNames.map((one, label) => ({ name: one, count: counts[label] ?? 0 })),
  };
}

/** What a name or a path says of a data set. */
async function datasetSaid(registry: Registry, dataset: string): Promise<NamedDataset> {
  const { datasets } = registry;
  if (datasets.some(({ name }) => name === dataset) || multiLabelSets.has(dataset)) return { name: dataset };
  if (!dataset.endsWith('.json')) return datasetOfPath(datasets, dataset);
  const [first] = await loadExperiment(dataset, registry);
  return first?.experiment.dataset ?? { name: dataset };
}
