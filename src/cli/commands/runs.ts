import { Command } from 'commander';
import { markStopped } from '../../core/runs/mark-stopped';
import { listRuns } from '../../core/runs/run-store';
import { tidyRuns } from '../../core/runs/tidy-runs';
import { accuracyCell, table } from '../../core/report/text-table';
import type { RunRecord } from '../../core/records/run-files';
import { commandRun } from '../../core/scheduler/command-run';
import { commandNames } from '../../core/scheduler/control-messages';
import { messages, output } from '../terminal';
import { jsonOption, rootOption } from './common';

interface RunsFlags {
  readonly root: string;
  readonly json?: true;
  readonly markStopped?: string;
  readonly stop?: string;
  readonly pause?: string;
  readonly continue?: string;
  readonly evaluate?: string;
}

export function runsCommand(): Command {
  return new Command('runs')
    .description('List the runs of a folder, the newest first.')
    .option('--mark-stopped <id>', "say that this run is over, whose machine or container can't be asked")
    .option('--stop <id>', 'stop this run at its next batch, with a checkpoint, wherever it goes on')
    .option('--pause <id>', 'save this run at its next batch, so that its device is free until --continue')
    .option('--continue <id>', 'have a paused run go on')
    .option('--evaluate <id>', 'evaluate this training run after the step at hand')
    .addOption(rootOption())
    .addOption(jsonOption())
    .action(async (flags: RunsFlags) => {
      const { root, json, markStopped: over } = flags;
      if (over !== undefined) await markStopped(root, over);
      await sendCommands(root, flags);
      await tidyRuns(root);
      const records = await listRuns(root);
      if (json) {
        output.json(records);
        return;
      }
      if (records.length === 0) {
        output.write('No runs here yet. Start one with: m2at train FILE\n');
        return;
      }
      const rows = records.map((record) => [
        record.id,
        record.kind,
        record.status,
        record.progress ? `${record.progress.epoch.toFixed(1)}/${record.progress.epochs}` : '',
        ...accuracyCells(record),
        groupText(record),
        `${record.marks?.star ? '* ' : ''}${record.name}${tagText(record)}`,
      ]);
      output.write(
        `${table(['run', 'kind', 'status', 'epoch', 'clean (95 %)', 'robust (95 %)', 'group', 'name'], rows)}\n`,
      );
      for (const { id, warnings = [], signs = [] } of records) {
        const texts = signs.map(({ message, advice = '' }) => `${message} ${advice}`.trim());
        for (const warning of [...texts, ...warnings]) output.write(`\n${id}: ${warning}\n`);
      }
      // Why a run failed, why nobody can tell whether it goes on, or what is wrong with its record.
      for (const { id, message } of records) {
        if (message !== undefined) output.write(`\n${id}: ${message}\n`);
      }
    });
}

/** What the flags ask of runs that go on, and what was done about it. */
async function sendCommands(root: string, flags: RunsFlags): Promise<void> {
  const asked = { stop: flags.stop, pause: flags.pause, resume: flags.continue, evaluate: flags.evaluate };
  for (const command of commandNames) {
    const id = asked[command];
    if (id === undefined) continue;
    const where = await commandRun(root, id, command);
    const how = where === 'sent' ? 'its process has got it' : 'left for its process, on another machine';
    messages.write(`${command} ${id}: ${how}\n`);
  }
}

/** Which run of how many; runs of one start stand together, as they are in the order of their times. */
function groupText({ group }: RunRecord): string {
  return group ? `${group.name} ${group.index}/${group.size}` : '';
}

function tagText({ marks }: RunRecord): string {
  return marks?.tags ? ` [${marks.tags.join(', ')}]` : '';
}

/** In brackets the Wilson 95 % interval, which records of earlier versions lack. */
function accuracyCells({
  split,
  cleanAccuracy,
  cleanAccuracyInterval,
  robustAccuracy,
  robustAccuracyInterval,
}: RunRecord): string[] {
  const of = split === 'validation' ? ' validation' : '';
  return [
    cleanAccuracy === undefined ? '' : accuracyCell(cleanAccuracy, cleanAccuracyInterval) + of,
    robustAccuracy === undefined ? '' : accuracyCell(robustAccuracy, robustAccuracyInterval) + of,
  ];
}
