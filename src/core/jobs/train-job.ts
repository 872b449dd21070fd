import path from 'node:path';
import { keepingLatest } from '../data/keeping-latest';
import { M2atError } from '../errors';
import type { ExperimentLists } from '../experiment/experiment-schema';
import { assertFilesThere } from '../experiment/files-there';
import { loadExperiment } from '../experiment/load-experiment';
import type { ExperimentRun } from '../experiment/parse-experiment';
import type { RunEvent } from '../records/run-event';
import type { RunRecord } from '../records/run-files';
import { builtIn, type Registry } from '../registry/registry';
import { experimentLike } from '../runs/experiment-like';
import { assertCanRun } from '../runs/run-lifecycle';
import { trainRun } from '../training/train-run';
import { trainCommand, type WhatToTrain } from './train-command';
import { trainGroup } from './train-group';

export interface TrainJob extends WhatToTrain {
  /** What can be named; absent: what comes with this program. */
  readonly registry?: Registry | undefined;
  /** Names of the runs to do, where the file has several; absent: all. */
  readonly runs?: readonly string[] | undefined;
  readonly signal: AbortSignal;
  readonly onEvent: (run: string, event: RunEvent) => void;
}

/**
 * Does the runs of an experiment file, or one like another run, one after the other. A run that is stopped ends the job; of
 * several, one that fails does not, whatever the reason is: the others are done all the same. Their devices are opened once,
 * and a run whose data set is that of the run before it does not read it again.
 * @returns the records as the runs ended, in order.
 * @throws M2atError before anything is written: `bad-input` when the file or a run's name is wrong, or a file that a run names
 * is missing; `device` when one can't be used; `data` or `io` when none of the runs can have its data. And for whatever ends a
 * run that is the only one.
 */
export async function trainJob(job: TrainJob): Promise<RunRecord[]> {
  const { file, root, ignoreMemory, signal, onEvent } = job;
  const { datasets, ...others } = job.registry ?? builtIn;
  const registry = { ...others, datasets: keepingLatest(datasets) };
  const all = await runsOf(job, registry);
  for (const name of job.runs ?? []) {
    if (!all.some((run) => isNamed(run, name))) throw unknownRun(name, all, file);
  }
  const chosen = all
    .filter((run) => job.runs?.some((name) => isNamed(run, name)) ?? true)
    .map(({ experiment, ...run }) => ({
      ...run,
      experiment: { ...experiment, ...job.overrides },
      command: trainCommand(job, all.length > 1 ? run.name : undefined),
    }));
  await assertFilesThere(chosen, file ?? 'the settings', registry);
  const source = file === undefined ? undefined : path.resolve(file);
  const shared = { root, registry, source, ignoreMemory, signal, onEvent };
  const [only, ...more] = chosen;
  if (!only) return [];
  if (more.length === 0) {
    const { experiment, command } = only;
    return [await trainRun({ ...shared, experiment, command })];
  }
  await assertCanRun(root);
  return trainGroup(shared, chosen, path.basename(file ?? only.experiment.name, '.m2at.json'));
}

/** @param name of a run, or of the entry of `runs` that a sweep made it of */
function isNamed(run: ExperimentRun, name: string): boolean {
  return run.name === name || run.entry === name;
}

/** Of a list of names more are not told. */
const SHOWN_NAMES = 20;

function unknownRun(name: string, runs: readonly ExperimentRun[], file: string | undefined): M2atError {
  const names = runs.slice(0, SHOWN_NAMES).map((run) => run.name);
  const more = runs.length > names.length ? ` and ${runs.length - names.length} more` : '';
  return new M2atError('bad-input', `has no run named "${name}"`, {
    ...(file !== undefined && { where: file }),
    hint: `It has: ${names.join(', ')}${more}.`,
  });
}

/** @throws M2atError `bad-input` for what is wrong with the file, the run or the settings */
async function runsOf(
  { file, like, set, root }: TrainJob,
  lists: ExperimentLists,
): Promise<readonly ExperimentRun[]> {
  if (like && file === undefined) return [await experimentLike(root, like, lists)];
  if (file !== undefined && !like) return loadExperiment(file, lists, set);
  throw new M2atError('bad-input', 'a training is of an experiment file, or like another run');
}
