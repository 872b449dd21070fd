import path from 'node:path';
import { keepingLatest } from '../data/keeping-latest';
import { M2atError } from '../errors';
import type { ExperimentLists } from '../experiment/experiment-schema';
import { assertFilesThere } from '../experiment/files-there';
import { chooseRuns } from '../experiment/choose-runs';
import { loadExperiment } from '../experiment/load-experiment';
import type { ExperimentRun } from '../experiment/parse-experiment';
import type { RunRecord } from '../records/run-files';
import { builtIn, type Registry } from '../registry/registry';
import { experimentLike } from '../runs/experiment-like';
import type { RunControl } from '../runs/run-control';
import { assertCanRun } from '../runs/run-lifecycle';
import type { SupervisedRun } from '../runs/supervised';
import { trainRun } from '../training/train-run';
import { pausable, type Attempt } from './pausable';
import { trainCommand, type WhatToTrain } from './train-command';
import { trainGroup } from './train-group';

export interface TrainJob extends WhatToTrain {
  /** What can be named; absent: what comes with this program. */
  readonly registry?: Registry | undefined;
  /** Names of the runs to do, where the file has several; absent: all. */
  readonly runs?: readonly string[] | undefined;
  /** Hears the names of the runs that are to be done, before the first begins. */
  readonly onBegin?: ((runs: readonly string[]) => void) | undefined;
  readonly signal: AbortSignal;
  /** What else may be asked of its runs while they go on. */
  readonly control?: RunControl | undefined;
  readonly onEvent: SupervisedRun['onEvent'];
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
  const { file, root, ignoreMemory, signal, control, onEvent } = job;
  const { datasets, ...others } = job.registry ?? builtIn;
  const registry = { ...others, datasets: keepingLatest(datasets) };
  const all = await runsOf(job, registry);
  const chosen = chooseRuns(all, job.runs, file).map(({ experiment, ...run }) => ({
    ...run,
    experiment: { ...experiment, ...job.overrides },
    command: trainCommand(job, all.length > 1 ? run.name : undefined),
  }));
  await assertFilesThere(chosen, file ?? 'the settings', registry);
  const source = file === undefined ? undefined : path.resolve(file);
  const shared = { root, registry, source, ignoreMemory, signal, control, onEvent };
  job.onBegin?.(chosen.map(({ name }) => name));
  const [only, ...more] = chosen;
  if (!only) return [];
  if (more.length === 0) {
    const { experiment, command } = only;
    const run = { ...shared, experiment, command };
    const train = (attempt: Attempt): Promise<RunRecord> => trainRun({ ...run, ...attempt });
    return [await pausable(job, train, ({ status }) => status === 'stopped')];
  }
  await assertCanRun(root);
  return trainGroup(shared, chosen, path.basename(file ?? only.experiment.name, '.m2at.json'));
}

/** @throws M2atError `bad-input` for what is wrong with the file, the run or the settings */
async function runsOf(
  { file, text, like, set, root }: TrainJob,
  lists: ExperimentLists,
): Promise<readonly ExperimentRun[]> {
  if (like && file === undefined) return [await experimentLike(root, like, lists)];
  if (file !== undefined && !like) return loadExperiment(file, lists, set, text);
  throw new M2atError('bad-input', 'a training is of an experiment file, or like another run');
}
