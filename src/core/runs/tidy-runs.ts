import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { isTemporary } from '../files/atomic-file';
import { listFolder } from '../files/list-folder';
import { removeFile } from '../files/own-file';
import { assertOwnFolder, removeOwnFolder } from '../files/own-folders';
import { lockState } from './run-lock';
import { isOver } from '../records/run-state';
import { isRunId, runDirectory, runFile, runsDirectory } from '../records/run-paths';
import { readRecord } from './run-store';
import { removeUnnamed } from './unnamed-shards';

/** Where a listing finds a file that is younger, somebody may be writing it, ms. */
const YOUNG = 60_000;

/**
 * Removes what a process that was killed, or a full disk, left in a run: temporary files, pictures without what is said of
 * them, shards that no checkpoint names. Nothing is followed that is a link, and what can't be removed stays.
 * @param minAge of what is removed, ms
 */
export async function removeLeftovers(folder: string, minAge = 0): Promise<void> {
  const checkpoints = path.join(folder, 'checkpoints');
  const inside = ['', runFile.samples, runFile.gallery, runFile.adversarial, 'checkpoints'];
  for (const name of inside) await removeIn(path.join(folder, name), minAge);
  for (const name of ['last', 'best', 'steady']) {
    const checkpoint = path.join(checkpoints, name);
    if (await isFolder(checkpoint))
      await removeUnnamed(checkpoint, (file) => isOld(file, minAge)).catch(() => undefined);
  }
  const guard = `${path.join(folder, runFile.lock)}.takeover`;
  if ((await lockState(guard)).owner === 'gone') await removeFile(guard).catch(() => undefined);
}

/**
 * The same for all runs of a root whose process is known to be gone, and for runs whose deletion was cut short. It never
 * fails: a folder that can't be written to stays as it is.
 */
export async function tidyRuns(root: string): Promise<void> {
  const runs = runsDirectory(root);
  const entries = await listFolder(runs).catch(() => []);
  for (const entry of entries) {
    if (!entry.isDirectory()) continue;
    const folder = path.join(runs, entry.name);
    const deleted = /^(?:\.deleted~)+(.+)$/.exec(entry.name)?.[1];
    try {
      await assertOwnFolder(folder);
      if (deleted !== undefined && isRunId(deleted)) await removeOwnFolder(folder);
      else if (isRunId(entry.name) && (await isLeft(root, entry.name))) await removeLeftovers(folder, YOUNG);
    } catch {
      // Another reader may be at it, or the folder is read-only.
    }
  }
}

/** Whether it is known that no process works on a run. */
async function isLeft(root: string, id: string): Promise<boolean> {
  if (!isOver(await readRecord(root, id))) return false;
  return (await lockState(path.join(runDirectory(root, id), runFile.lock))).owner === 'gone';
}

async function removeIn(folder: string, minAge: number): Promise<void> {
  const entries = (await isFolder(folder)) ? await listFolder(folder).catch(() => []) : [];
  const names = new Set(entries.map(({ name }) => name));
  for (const entry of entries) {
    const file = path.join(folder, entry.name);
    if (!entry.isFile() || !isLeftover(entry.name, names) || !(await isOld(file, minAge))) continue;
    await removeFile(file).catch(() => undefined);
  }
}

/** A picture of ours is written before what is said of it. */
function isLeftover(name: string, names: ReadonlySet<string>): boolean {
  return isTemporary(name) || (/^\d+\.png$/.test(name) && !names.has(name.replace(/png$/, 'json')));
}

async function isOld(file: string, minAge: number): Promise<boolean> {
  const found = await lstat(file).catch(() => undefined);
  return found?.isFile() === true && (minAge === 0 || Date.now() - found.mtimeMs > minAge);
}

async function isFolder(folder: string): Promise<boolean> {
  return (await lstat(folder).catch(() => undefined))?.isDirectory() === true;
}
