import path from 'node:path';
import { Command, Option } from 'commander';
import { table } from '../../core/report/text-table';
import { errorOf } from '../../core/scheduler/error-data';
import { listJobFolders, readJob, readJobState, removeJob } from '../../core/scheduler/job-folder';
import { isStarterThere } from '../../core/scheduler/job-liveness';
import {
  moveInQueue,
  removeFromQueue,
  setRunsPerDevice,
  showQueue,
  type Queue,
} from '../../core/scheduler/queue';
import { startDue } from '../../core/scheduler/start-due';
import { workerScript } from '../as-job';
import { messages, output } from '../terminal';
import { jsonOption, wholeNumber } from './common';

interface QueueFlags {
  readonly first?: string;
  readonly last?: string;
  readonly up?: string;
  readonly down?: string;
  readonly start?: string;
  readonly remove?: string;
  readonly perDevice?: number;
  readonly json?: true;
}

export function queueCommand(): Command {
  return new Command('queue')
    .description(
      'List what computes on this machine and what waits for its turn, of all folders; change the order.',
    )
    .option('--first <id>', 'have this one begin before the others that wait')
    .option('--last <id>', 'have it begin after them')
    .option('--up <id>', 'have it change places with the one before it')
    .option('--down <id>', 'have it change places with the one after it')
    .option('--start <id>', 'start it now, whatever else computes')
    .option('--remove <id>', 'remove it: it is not done')
    .addOption(
      new Option('--per-device <count>', 'from now on so many compute on one device at once').argParser(
        wholeNumber(1),
      ),
    )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
m2at train --queue FILE puts a training into it. There is no service: whoever ends, starts or looks next starts what is
due, this command too. A run that is paused leaves its device to others.`,
    )
    .action(async (flags: QueueFlags) => {
      await change(flags);
      await startDue(workerScript);
      await tellOfFailures();
      const queue = await showQueue();
      if (flags.json) output.json(forMachines(queue));
      else output.write(shown(queue));
    });
}

/** Of what could not begin, and has no run whose record says why, where whoever started it is gone. */
async function tellOfFailures(): Promise<void> {
  for (const folder of await listJobFolders()) {
    const { ended, runs = [], refused = [] } = (await readJobState(folder)) ?? {};
    if (!ended?.error || runs.length + refused.length > 0) continue;
    const job = await readJob(folder).catch(() => undefined);
    if (!job || (await isStarterThere(job)) || !(await removeJob(folder))) continue;
    messages.write(`${job.title} could not be done: ${errorOf(ended.error).message}\n`);
  }
}

async function change(flags: QueueFlags): Promise<void> {
  const { start, remove, perDevice } = flags;
  for (const move of ['first', 'last', 'up', 'down'] as const) {
    const id = flags[move];
    if (id !== undefined) await moveInQueue(id, move);
  }
  if (remove !== undefined) {
    await removeFromQueue(remove);
    messages.write(`${remove} is removed.\n`);
  }
  if (perDevice !== undefined) await setRunsPerDevice(perDevice);
  if (start !== undefined) await startDue(workerScript, { now: start });
}

function rowsOf({
  active,
  waiting,
}: Queue): { id: string; title: string; root: string; state: string; runs: readonly string[] }[] {
  return [
    ...active.map(({ folder, record, paused, runs }) => ({
      ...{ id: path.basename(folder), title: record.title, root: record.root, runs },
      state: paused ? 'paused' : 'at work',
    })),
    ...waiting.map(({ folder, record }, place) => ({
      ...{ id: path.basename(folder), title: record.title, root: record.root, runs: [] },
      state: `waits, ${place + 1}`,
    })),
  ];
}

function forMachines(queue: Queue): unknown {
  const { runsPerDevice, waiting } = queue;
  const places = new Map(waiting.map(({ folder }, place) => [path.basename(folder), place + 1]));
  const jobs = rowsOf(queue).map(({ state, ...job }) => {
    const place = places.get(job.id);
    return { ...job, ...(place === undefined ? { state } : { state: 'waits', place }) };
  });
  return { runsPerDevice, jobs };
}

function shown(queue: Queue): string {
  const rows = rowsOf(queue);
  const { runsPerDevice } = queue;
  const limit = `${runsPerDevice} at once on a device (--per-device changes it).\n`;
  if (rows.length === 0) return `Nothing computes and nothing waits; ${limit}`;
  const cells = rows.map(({ id, title, root, state }) => [id, state, title, root]);
  return `${table(['job', 'state', 'title', 'folder'], cells)}\n\n${limit}`;
}
