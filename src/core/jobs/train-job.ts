import path from 'node:path';
import { keepingLatest } from '../data/keeping-latest';
import { M2atError } from '../errors';
import type { ResolvedExperiment } from '../experiment/experiment-schema';
import { assertFilesThere } from '../experiment/files-there';
import { loadExperiment } from '../experiment/load-experiment';
import type { RunEvent } from '../records/run-event';
import type { RunRecord } from '../records/run-files';
import { builtIn, type Registry } from '../registry/registry';
import { trainRun } from '../training/train-run';

export interface TrainJob {
  /** Path of the experiment file. */
  readonly file: string;
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
 * Does the runs of an experiment file one after the other; a run that is stopped ends the job, and one that fails because it
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
  const all = await loadExperiment(file, registry);
  for (const name of job.runs ?? []) {
    if (!all.some((run) => run.name === name)) {
      throw new M2atError('bad-input', `has no run named "${name}"`, {
        where: file,
        hint: `It has: ${all.map((run) => run.name).join(', ')}.`,
      });
    }
  }
  const chosen = all.filter(({ name }) => job.runs?.includes(name) ?? true);
  await assertFilesThere(chosen, file, registry);
  const records: RunRecord[] = [];
  for (const { experiment } of chosen) {
    const record = await trainRun({
      experiment: { ...experiment, ...job.overrides },
      root,
      registry,
      source: path.resolve(file),
      ignoreMemory: job.ignoreMemory,
      signal,
      onEvent,
    });
    records.push(record);
    if (record.status === 'stopped') break;
  }
  return records;
}
