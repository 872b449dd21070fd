import path from 'node:path';
import { keepingLatest } from '../data/keeping-latest';
import { M2atError } from '../errors';
import type { ExperimentLists, ResolvedExperiment } from '../experiment/experiment-schema';
import { assertFilesThere } from '../experiment/files-there';
import { loadExperiment } from '../experiment/load-experiment';
import type { ExperimentRun } from '../experiment/parse-experiment';
import type { Settings } from '../experiment/set-settings';
import type { RunEvent } from '../records/run-event';
import type { RunRecord } from '../records/run-files';
import { builtIn, type Registry } from '../registry/registry';
import { experimentLike, type LikeRun } from '../runs/experiment-like';
import { trainRun } from '../training/train-run';

export interface TrainJob {
  /** Path of the experiment file; absent: {@link like} says what is done. */
  readonly file?: string | undefined;
  /** Does what a run of the root did, with some settings changed. */
  readonly like?: LikeRun | undefined;
  /** Laid over each run of the file. */
  readonly set?: Settings | undefined;
  /** Runs are written to `<root>/.m2at/runs`. */
  readonly root: string;
  /** What can be named; absent: what comes with this program. */
  readonly registry?: Registry | undefined;
  /** Names of the runs to do, where the file has several; absent: all. */
  readonly runs?: readonly string[] | undefined;
  /** Laid over the file, from a flag or a setting. */
  readonly overrides?: Partial<Pick<ResolvedExperiment, 'device' | 'threads'>>;
  /** Starts even where memory is not expected to suffice. */
  readonly ignoreMemory?: boolean | undefined;
  readonly signal: AbortSignal;
  readonly onEvent: (run: string, event: RunEvent) => void;
}

/**
 * Does the runs of an experiment file, or one like another run, one after the other; a run that is stopped ends the job, and one that fails because it
 * diverged does not: the others are compared all the same. A run whose data set is
 * that of the run before it does not read it again.
 * @returns the records as the runs ended, in order.
 * @throws M2atError `bad-input` before anything is written when the file or a run's name is wrong, or a file that a run names
 * is missing.
 */
export async function trainJob(job: TrainJob): Promise<RunRecord[]> {
  const { file, root, signal, onEvent } = job;
  const { datasets, ...others } = job.registry ?? builtIn;
  const registry = { ...others, datasets: keepingLatest(datasets) };
  const all = await runsOf(job, registry);
  for (const name of job.runs ?? []) {
    if (!all.some((run) => run.name === name)) {
      throw new M2atError('bad-input', `has no run named "${name}"`, {
        ...(file !== undefined && { where: file }),
        hint: `It has: ${all.map((run) => run.name).join(', ')}.`,
      });
    }
  }
  const chosen = all.filter(({ name }) => job.runs?.includes(name) ?? true);
  await assertFilesThere(chosen, file ?? 'the settings', registry);
  const records: RunRecord[] = [];
  for (const { experiment } of chosen) {
    const record = await trainRun({
      experiment: { ...experiment, ...job.overrides },
      root,
      registry,
      source: file === undefined ? undefined : path.resolve(file),
      ignoreMemory: job.ignoreMemory,
      signal,
      onEvent,
    });
    records.push(record);
    if (record.status === 'stopped') break;
  }
  return records;
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
