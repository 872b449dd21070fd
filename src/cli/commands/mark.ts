import { Command } from 'commander';
import { M2atError } from '../../core/errors';
import { markRun } from '../../core/runs/run-marks';
import { assertExists, readRecord, runDirectory } from '../../core/runs/run-store';
import { output } from '../terminal';
import { jsonOption, rootOption } from './common';

interface MarkFlags {
  readonly root: string;
  readonly name?: string;
  readonly star?: boolean;
  readonly note?: string;
  readonly tag?: readonly string[];
  readonly untag?: readonly string[];
  readonly json?: true;
}

export function markCommand(): Command {
  return new Command('mark')
    .description('Give a run a name, a star, a note, tags; nothing else of it changes.')
    .argument('<run>', 'the id of the run; m2at runs lists them')
    .option('--name <text>', 'what the run is called; "" is its own name again')
    .option('--star', 'give it a star')
    .option('--no-star', 'take its star away')
    .option('--note <text>', 'what to remember of it; "" takes the note away')
    .option('--tag <text>', 'give it this tag; may be repeated', collect)
    .option('--untag <text>', 'take this tag away; may be repeated', collect)
    .addOption(rootOption())
    .addOption(jsonOption())
    .action(mark);
}

async function mark(id: string, { root, name, star, note, tag, untag, json }: MarkFlags): Promise<void> {
  await assertExists(runDirectory(root, id), id);
  const given = [name, star, note, tag, untag].some((flag) => flag !== undefined);
  if (!given) {
    throw new M2atError('bad-input', 'nothing is said of the run', {
      where: id,
      hint: 'Give --name, --star, --note or --tag.',
    });
  }
  const before = (await readRecord(root, id)).marks?.tags ?? [];
  const tags = [...before, ...(tag ?? [])].filter((one) => !untag?.includes(one));
  const marks = await markRun(root, id, {
    ...(name !== undefined && { name }),
    ...(star !== undefined && { star }),
    ...(note !== undefined && { note }),
    ...((tag ?? untag) && { tags }),
  });
  if (json) output.json(marks);
  else {
    const { name: shown, marks: known } = await readRecord(root, id);
    const parts = [
      known?.star ? '*' : '',
      shown,
      known?.tags ? `[${known.tags.join(', ')}]` : '',
      known?.note ?? '',
    ];
    output.write(`${parts.filter((part) => part !== '').join(' ')}\n`);
  }
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
