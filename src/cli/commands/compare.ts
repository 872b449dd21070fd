import path from 'node:path';
import { Command, Option } from 'commander';
import { M2atError } from '../../core/errors';
import { writeFileAtomic } from '../../core/files/atomic-file';
import { arrangedTable } from '../../core/report/compare/arranged-table';
import { compareColumns, rowName } from '../../core/report/compare/compare-columns';
import { compareFormats } from '../../core/report/compare/compare-formats';
import { compareView, REPEATS, type CompareView } from '../../core/report/compare/compare-view';
import type { ComparedRow } from '../../core/report/compare/compared-row';
import { writeComparePage } from '../../core/runs/compare-page';
import { chosenRecords, readComparedRows } from '../../core/runs/compared-runs';
import { assertWritable } from '../../core/runs/run-lifecycle';
import { listRuns } from '../../core/runs/run-store';
import { messages, output } from '../terminal';
import { rootOption } from './common';

interface CompareFlags {
  readonly root: string;
  readonly format: 'table' | 'csv' | 'markdown' | 'latex' | 'html' | 'json';
  readonly output?: string;
  readonly filter?: string;
  readonly sort?: readonly string[];
  readonly groupBy?: string;
  readonly baseline?: string;
  readonly show?: readonly string[];
  readonly hide?: readonly string[];
}

const PAGE = 'comparison.html';

export function compareCommand(): Command {
  return new Command('compare')
    .description(
      'Compare runs: a row a run, with the settings in which they differ and every accuracy that was measured.',
    )
    .argument('<run...>', 'ids or names of runs or of groups; m2at runs lists them')
    .addOption(
      new Option('--format <form>', 'how the table is written')
        .choices(['table', 'csv', 'markdown', 'latex', 'html', 'json'])
        .default('table'),
    )
    .option(
      '--output <file>',
      `write it there instead of to standard output; a page goes to ${PAGE} by default`,
    )
    .option('--filter <text>', 'only rows with these words and conditions, such as "epsilon=8/255 clean>50"')
    .option(
      '--sort <column>',
      'sort by this column, by its title; TITLE:desc is descending; may be repeated',
      collect,
    )
    .option(
      '--group-by <column>',
      'mean ± standard error over runs that share this; "repeats": that differ by the seed alone',
    )
    .option('--baseline <run>', 'show how far the others are from this run, by its id or name')
    .option('--show <column>', 'show this column as well, by its title; may be repeated', collect)
    .option('--hide <column>', 'do not show this column; may be repeated', collect)
    .addOption(rootOption())
    .addHelpText(
      'after',
      '\nA column is called by its title, or a setting by its path. Accuracies stand in one column where they are of the ' +
        'same attack on the same images, and in no other case. An attack on a checkpoint of a run is in the row of that run.',
    )
    .action(compare);
}

async function compare(names: readonly string[], flags: CompareFlags): Promise<void> {
  const { root, format } = flags;
  const all = await listRuns(root);
  const rows = await readComparedRows(root, chosenRecords(root, names, all), all);
  const view = viewOf(rows, flags);
  if (format === 'html') {
    const file = path.resolve(flags.output ?? PAGE);
    await assertWritable(path.dirname(file));
    await writeComparePage(file, { rootOf: () => root, rows, view });
    messages.write(`Page: ${path.relative('.', file)}\n`);
    return;
  }
  const arranged = arrangedTable(rows, view);
  if (format === 'json' && flags.output === undefined) {
    output.json(rows);
    return;
  }
  const text = format === 'json' ? `${JSON.stringify(rows, null, 2)}\n` : compareFormats[format](arranged);
  if (flags.output === undefined) {
    output.write(text);
    return;
  }
  const file = path.resolve(flags.output);
  await assertWritable(path.dirname(file));
  await writeFileAtomic(file, text);
  messages.write(`Table: ${path.relative('.', file)}\n`);
}

/** @throws M2atError `bad-input` for a column or a run that is not there */
function viewOf(rows: readonly ComparedRow[], flags: CompareFlags): CompareView {
  const columns = compareColumns(rows);
  const columnOf = (name: string): string => {
    const wanted = name.toLowerCase();
    const found =
      columns.find(
        ({ title, id }) => title.toLowerCase() === wanted || id.toLowerCase() === `setting ${wanted}`,
      ) ?? columns.find(({ title, kind }) => kind === 'accuracy' && title.toLowerCase().startsWith(wanted));
    if (found) return found.id;
    throw new M2atError('bad-input', `there is no column ${name}`, {
      hint: `There are: ${columns.map(({ title }) => title).join(', ')}.`,
    });
  };
  const { groupBy, baseline } = flags;
  const base = rows.find((row) => [row.record.id, row.record.name, rowName(row)].includes(baseline ?? ''));
  if (baseline !== undefined && !base) {
    throw new M2atError('bad-input', `the baseline ${baseline} is none of the runs that are compared`, {
      hint: `There are: ${rows.map(rowName).join(', ')}.`,
    });
  }
  return compareView.parse({
    filter: flags.filter,
    sort: flags.sort?.map((name) => ({
      column: columnOf(name.replace(/:(?:asc|desc)$/, '')),
      descending: name.endsWith(':desc'),
    })),
    groupBy: groupBy === undefined || groupBy === REPEATS ? groupBy : columnOf(groupBy),
    baseline: base?.key,
    shown: Object.fromEntries([
      ...(flags.show ?? []).map((name) => [columnOf(name), true] as const),
      ...(flags.hide ?? []).map((name) => [columnOf(name), false] as const),
    ]),
  });
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
