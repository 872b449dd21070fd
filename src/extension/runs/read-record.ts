import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { runRecord, type RunRecord } from '../../core/runs/run-files';
import { isOver } from './run-state';

/** A run's name is one plain folder name: it never leads out of the folder of runs. */
export function isRunId(id: string): boolean {
  return runRecord.shape.id.safeParse(id).success && id !== '.' && id !== '..';
}

export function runsFolder(root: string): string {
  return path.join(root, '.m2at', 'runs');
}

export function runFolder(root: string, id: string): string {
  if (!isRunId(id)) throw new Error(`Not a run id: ${JSON.stringify(id)}`);
  return path.join(runsFolder(root), id);
}

/** The valid records below a root; folders that are no run are left out. */
export async function readRecords(root: string): Promise<RunRecord[]> {
  const ids = await readdir(runsFolder(root)).catch(() => []);
  const records = await Promise.all(ids.filter(isRunId).map((id) => readRecord(runFolder(root, id))));
  return records.filter((record) => record !== undefined);
}

/** The record in a run directory; undefined where there is none, or none that is valid. */
export async function readRecord(directory: string): Promise<RunRecord | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path.join(directory, 'run.json'), 'utf8'));
    const record = runRecord.parse(value);
    if (record.id !== path.basename(directory)) return undefined;
    return isOver(record) || isAlive(record.pid) ? record : interrupted(record);
  } catch {
    return undefined;
  }
}

function interrupted(record: RunRecord): RunRecord {
  return { ...record, status: 'stopped', message: 'Interrupted: its process is gone.' };
}

function isAlive(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there and belongs to someone else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
