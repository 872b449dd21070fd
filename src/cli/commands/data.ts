import { Argument, Command } from 'commander';
import { fetchCifar10 } from '../../core/data/fetch-cifar10';
import { readerGone } from '../interrupt';
import { RunView } from '../run-view';
import { output } from '../terminal';
import { jsonOption } from './common';

export function dataCommand(): Command {
  return new Command('data').description('Manage data sets.').addCommand(
    new Command('fetch')
      .description(
        'Download a data set into the cache, checked against its checksums; nothing if it is there.',
      )
      .addArgument(new Argument('<dataset>', 'data set').choices(['cifar10']))
      .addOption(jsonOption())
      .addHelpText('after', '\nThe cache is a folder of the user; M2AT_CACHE names another one.')
      .action(fetch),
  );
}

async function fetch(dataset: string, { json }: { json?: true }): Promise<void> {
  const view = new RunView();
  const { signal } = readerGone();
  try {
    const folder = await fetchCifar10({
      signal,
      onProgress: (progress) => {
        if (!json) view.onEvent('', { type: 'progress', progress });
      },
    });
    view.end();
    if (json) output.json({ dataset, folder });
    else output.write(`${folder}\n`);
  } finally {
    view.end();
  }
}
