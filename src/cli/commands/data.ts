import { Command, Option } from 'commander';
import path from 'node:path';
import { cacheFolder } from '../../core/data/cache-folder';
import type { DatasetDefinition } from '../../core/data/define-dataset';
import { findDataset } from '../../core/data/load-dataset';
import { fitPolicies } from '../../core/data/pictures/fit-picture';
import { M2atError } from '../../core/errors';
import { showDataset } from '../../core/jobs/show-dataset';
import type { Registry } from '../../core/registry/registry';
import { table } from '../../core/report/text-table';
import { readerGone } from '../interrupt';
import { RunView } from '../run-view';
import { output } from '../terminal';
import { jsonOption, wholeNumber } from './common';

export function dataCommand(registry: Registry): Command {
  const { datasets } = registry;
  const fetched = datasets.filter((one) => one.fetch).map(({ name }) => JSON.stringify(name));
  const list = new Command('list')
    .description('List the data sets that experiments can name, and which are in the cache.')
    .addOption(jsonOption())
    .action(async ({ json }: { json?: true }) => {
      const rows = await datasetRows(datasets, cacheFolder());
      if (json) output.json(rows);
      else output.write(`${datasetTable(rows)}\n`);
    });
  const fetching = new Command('fetch')
    .description('Download a data set into the cache, checked against its checksums; nothing if it is there.')
    .argument('<dataset>', `data set (choices: ${fetched.join(', ')})`)
    .option('--size <pixels>', sizesHelp(datasets), wholeNumber(1))
    .addOption(jsonOption())
    .addHelpText('after', '\nThe cache is a folder of the user; M2AT_CACHE names another one.')
    .action((name: string, flags: FetchFlags) => fetch(findDataset(datasets, name), flags));
  const showing = new Command('show')
    .description('Draw images of a data set, a row for each class, and print the path of the picture.')
    .argument(
      '<dataset>',
      'a name of the list, an experiment file, a folder with a folder of pictures for each class, or an .npz file',
    )
    .option('--folder <path>', 'where its files are; default: the cache, filled by a download')
    .option('--size <pixels>', 'height and width that pictures of a folder are brought to', wholeNumber(1))
    .addOption(
      new Option('--resize <how>', 'how pictures that are no squares become them').choices(fitPolicies),
    )
    .addOption(new Option('--split <name>', 'which images').choices(['train', 'test']).default('train'))
    .option('--out <file>', 'the PNG to write; default: one in the cache')
    .addOption(jsonOption())
    .action((dataset: string, flags: ShowFlags) => show(registry, dataset, flags));
  return new Command('data')
    .description('Manage data sets.')
    .addCommand(list)
    .addCommand(fetching)
    .addCommand(showing);
}

/** A data set in the list, as `--json` prints it. */
export interface DatasetRow {
  readonly name: string;
  readonly title: string;
  /** Null where only the user's files tell, as are the next two. */
  readonly classes: number | null;
  readonly images: { readonly train: number; readonly test: number } | null;
  /** Height, width, channels. */
  readonly size: readonly number[] | null;
  /** Its folder in the cache; null where it is not there, or not as it was published, or nothing is fetched. */
  readonly folder: string | null;
  /** Of a set that comes in several sizes: pixels of a side of those in the cache. Null for the others. */
  readonly cachedSizes: readonly number[] | null;
}

export async function datasetRows(
  datasets: readonly DatasetDefinition[],
  cacheDir: string,
): Promise<DatasetRow[]> {
  const rows: DatasetRow[] = [];
  for (const { name, title, facts, sizes, fetch: fetchSet } of datasets) {
    const placeOf = async (size?: number): Promise<string | null> =>
      (await fetchSet?.({ cacheDir, size, download: false }).catch(() => null)) ?? null;
    const cachedSizes: number[] = [];
    for (const size of sizes ?? []) if ((await placeOf(size)) !== null) cachedSizes.push(size);
    rows.push({
      ...{ name, title, classes: facts?.classNames.length ?? null, images: facts?.counts ?? null },
      size: facts ? [facts.height, facts.width, facts.channels] : null,
      folder: await placeOf(),
      cachedSizes: sizes ? cachedSizes : null,
    });
  }
  return rows;
}

/** In place of a number that only the user's files tell. */
const OPEN = 'any';
const shown = (value: number | null | undefined): string => (value == null ? OPEN : String(value));

export function datasetTable(rows: readonly DatasetRow[]): string {
  return table(
    ['name', 'title', 'classes', 'training', 'test', 'pixels', 'in the cache'],
    rows.map(({ name, title, classes, images, size, folder, cachedSizes }) => [
      ...[name, title, shown(classes), shown(images?.train), shown(images?.test), size?.join(' x ') ?? OPEN],
      images === null ? '' : cachedSizes?.length ? cachedSizes.join(', ') : folder === null ? 'no' : 'yes',
    ]),
  );
}

interface FetchFlags {
  readonly size?: number;
  readonly json?: true;
}

function sizesHelp(datasets: readonly DatasetDefinition[]): string {
  const sizes = [...new Set(datasets.flatMap((one) => one.sizes ?? []))];
  return `pixels of a side, of a set that comes in several: ${sizes.join(', ')} (default: the first)`;
}

interface ShowFlags {
  readonly folder?: string;
  readonly size?: number;
  readonly resize?: string;
  readonly split: 'train' | 'test';
  readonly out?: string;
  readonly json?: true;
}

async function show(
  registry: Registry,
  dataset: string,
  { folder, size, resize, split, out, json }: ShowFlags,
): Promise<void> {
  const view = new RunView();
  const { signal } = readerGone();
  try {
    const keys = {
      ...(folder !== undefined && { folder: path.resolve(folder) }),
      ...(size !== undefined && { size }),
      ...(resize !== undefined && { resize }),
    };
    const shown = await showDataset({
      ...{ registry, dataset, keys, split, out, signal },
      onProgress: (progress) => {
        if (!json) view.onEvent('', { type: 'progress', progress });
      },
    });
    view.end();
    if (json) output.json(shown);
    else output.write(`${shown.file}\n`);
  } finally {
    view.end();
  }
}

async function fetch(dataset: DatasetDefinition, { size, json }: FetchFlags): Promise<void> {
  if (!dataset.fetch) {
    throw new M2atError('bad-input', `${dataset.name}: its images are your own, and nothing is downloaded`, {
      where: 'm2at data fetch',
    });
  }
  const { sizes } = dataset;
  if (size !== undefined && !sizes?.includes(size)) {
    throw new M2atError('bad-input', `${dataset.name} does not come with ${size} pixels a side`, {
      where: 'm2at data fetch --size',
      hint: sizes ? `It comes with ${sizes.join(', ')}.` : 'It comes in one size only: leave the flag out.',
    });
  }
  const view = new RunView();
  const { signal } = readerGone();
  try {
    const folder = await dataset.fetch({
      ...{ signal, size },
      onProgress: (progress) => {
        if (!json) view.onEvent('', { type: 'progress', progress });
      },
    });
    view.end();
    if (json) output.json({ dataset: dataset.name, folder });
    else output.write(`${folder}\n`);
  } finally {
    view.end();
  }
}
