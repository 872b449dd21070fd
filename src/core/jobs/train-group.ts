import { isThere } from '../files/is-there';
import { isDeepStrictEqual } from 'node:util';
import { isCancelled } from '../cancellation';
import { lineOf, M2atError } from '../errors';
import type { ExperimentRun } from '../experiment/parse-experiment';
import { resolveExperiment } from '../experiment/resolve-experiment';
import type { RunGroup, RunRecord } from '../records/run-files';
import { newRunId, runDirectory } from '../records/run-paths';
import { RunWriter } from '../runs/run-writer';
import { trainRun, type TrainRunOptions } from '../training/train-run';
import { GroupDevices } from './group-devices';
import { pausable } from './pausable';

type Shared = Pick<
  TrainRunOptions,
  'root' | 'registry' | 'source' | 'ignoreMemory' | 'signal' | 'control' | 'onEvent'
>;

/** One of the runs of a group. */
export interface GroupMember extends ExperimentRun {
  /** Arguments of `m2at` that do it again. */
  readonly command: readonly string[];
}

/**
 * Does several runs one after the other, as a group that their records name. One that fails has a record that says why, and
 * the others go on; one that is stopped ends the group.
 * @param name of the group
 * @throws M2atError `device`, or what no run could be done without; and a failure that can't be written down
 */
export async function trainGroup(
  shared: Shared,
  runs: readonly GroupMember[],
  name: string,
): Promise<RunRecord[]> {
  const { signal } = shared;
  const id = newRunId('group', name);
  const devices = await GroupDevices.open(runs.map(({ experiment }) => experiment));
  const records: RunRecord[] = [];
  try {
    for (const [n, run] of runs.entries()) {
      const { setting, experiment, command } = run;
      const group = { id, name, index: n + 1, size: runs.length, ...(setting !== undefined && { setting }) };
      const ended = await trainMember(
        { ...shared, experiment, command, group },
        devices,
        (error) => n === 0 && isOfAll(error, runs),
      ).catch((error: unknown) => {
        // Cancelled before it had a directory: those before it are still to be told of.
        if (isCancelled(error) && records.length > 0) return undefined;
        throw error;
      });
      if (ended) records.push(ended);
      if (signal.aborted || ended?.status === 'stopped') break;
    }
    return records;
  } finally {
    await devices.dispose();
  }
}

/**
 * @param isShared whether a failure would be that of every run
 * @returns the record, also of a run that failed
 */
async function trainMember(
  options: TrainRunOptions & { readonly group: RunGroup },
  devices: GroupDevices,
  isShared: (error: unknown) => boolean,
): Promise<RunRecord> {
  const { root, experiment, registry, onEvent } = options;
  let latest: RunRecord | undefined;
  try {
    return await pausable(
      {
        ...options,
        onEvent: (run, event, isWritten) => {
          if (event.type === 'record') latest = event.record;
          onEvent(run, event, isWritten);
        },
      },
      async (attempt) => {
        const device = await devices.of(experiment);
        return trainRun({ ...options, ...attempt, resources: { device } });
      },
      ({ status }) => status === 'stopped',
      () => devices.dispose(),
    );
  } catch (error) {
    if (isCancelled(error) || !latest) throw error;
    if (await isThere(runDirectory(root, latest.id))) return latest;
    if (isShared(error)) throw error;
    // It failed before it had a directory, which is where its failure is looked for.
    const writer = new RunWriter(root, latest, () => undefined);
    try {
      await writer.open(resolveExperiment(experiment, registry?.attacks));
      await writer.log('error', lineOf(error));
      return writer.record;
    } catch {
      throw error;
    } finally {
      writer.close();
    }
  }
}

/** What the first run has failed of, others with the same data would, too. */
function isOfAll(error: unknown, runs: readonly ExperimentRun[]): boolean {
  const [first, ...others] = runs.map(({ experiment }) => experiment.dataset);
  return (
    error instanceof M2atError &&
    ['data', 'io'].includes(error.code) &&
    others.every((dataset) => isDeepStrictEqual(dataset, first))
  );
}
