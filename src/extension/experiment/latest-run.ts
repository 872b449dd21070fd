import path from 'node:path';
import type { RunRecord } from '../../core/records/run-files';
import type { Runs } from '../runs/runs';

/** The latest training run of an experiment file under a name; several runs of one file differ by name. */
export function latestRun(runs: Runs, file: string, recordName: string): RunRecord | undefined {
  return runs
    .list()
    .find(
      ({ record }) =>
        record.kind === 'train' &&
        (record.ownName ?? record.name) === recordName &&
        record.source !== undefined &&
        path.relative(record.source, file) === '',
    )?.record;
}
