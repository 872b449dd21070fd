import { Argument, Command } from 'commander';
import type { DatasetDefinition } from '../../core/data/define-dataset';
import { findDataset } from '../../core/data/load-dataset';
import { readerGone } from '../interrupt';
import { RunView } from '../run-view';
import { output } from '../terminal';
import { jsonOption } from './common';

export function dataCommand(datasets: readonly DatasetDefinition[]): Command {
  const fetched = datasets.filter((one) => one.fetch).map(({ name }) => name);
  return new Command('data').description('Manage data sets.').addCommand(
    new Command('fetch')
      .description(
        'Download a data set into the cache, checked against its checksums; nothing if it is there.',
      )
      .addArgument(new Argument('<dataset>', 'data set').choices(fetched))
      .addOption(jsonOption())
      .addHelpText('after', '\nThe cache is a folder of the user; M2AT_CACHE names another one.')
      .action((name: string, flags: { json?: true }) => fetch(findDataset(datasets, name), flags)),
  );
}

async function fetch(dataset: DatasetDefinition, { json }: { json?: true }): Promise<void> {
  const view = new RunView();
  const { signal } = readerGone();
  try {
    const folder = await dataset.fetch?.({
      signal,
      onProgress: (progress) => {
        if (!json) view.onEvent('', { type: 'progress', progress });
      },
    });
    view.end();
    if (json) output.json({ dataset: dataset.name, folder });
    else output.write(`${folder ?? ''}\n`);
  } finally {
    view.end();
  }
}
