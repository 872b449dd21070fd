import path from 'node:path';
import { writeFileAtomic } from '../files/atomic-file';
import { removeFile } from '../files/own-file';
import { makeOwnFolder } from '../files/own-folders';
import { readJson } from '../files/json';
import { namesIn } from '../files/list-folder';
import { readLimited } from '../files/read-limited';
import { sampleGrid, type SampleGrid } from './run-files';

export interface Samples {
  readonly grid: SampleGrid;
  /** The encoded picture that the grid describes. */
  readonly png: Uint8Array<ArrayBuffer>;
}

/** So many grids stay: the first one, and the latest. */
const KEPT = 20;
const MAX_GRID_BYTES = 2 ** 22;
const MAX_PICTURE_BYTES = 2 ** 26;

/** Writes `<step>.png`, then `<step>.json`: a grid that is there has its picture. @throws M2atError `io` */
export async function writeSamples(folder: string, { grid, png }: Samples): Promise<void> {
  await makeOwnFolder(folder);
  await writeFileAtomic(path.join(folder, `${grid.step}.png`), png);
  await writeFileAtomic(path.join(folder, `${grid.step}.json`), JSON.stringify(grid));
  const steps = await sampleSteps(folder);
  for (const step of steps.slice(1, Math.max(1, steps.length - KEPT + 1))) {
    for (const kind of ['json', 'png']) await removeFile(path.join(folder, `${step}.${kind}`));
  }
}

/** The latest grid that is whole; undefined when there is none. */
export async function readLatestSamples(folder: string): Promise<Samples | undefined> {
  for (const step of (await sampleSteps(folder)).reverse().slice(0, KEPT)) {
    try {
      const json = await readJson(path.join(folder, `${step}.json`), MAX_GRID_BYTES);
      const grid = sampleGrid.parse(json);
      const png = await readLimited(path.join(folder, `${step}.png`), MAX_PICTURE_BYTES);
      return { grid, png: Uint8Array.from(png) };
    } catch {
      // Damaged, or removed just now: an older one will do.
    }
  }
  return undefined;
}

/** Drops the grids that a run which goes on from a checkpoint makes again. @throws M2atError `io` */
export async function deleteSamplesAfter(folder: string, step: number): Promise<void> {
  const names = await namesIn(folder);
  for (const name of names) {
    const found = /^(\d+)\.(json|png)$/.exec(name)?.[1];
    if (found === undefined || Number(found) <= step) continue;
    await removeFile(path.join(folder, name));
  }
}

/** Steps that have a grid, in order. */
async function sampleSteps(folder: string): Promise<number[]> {
  const names = await namesIn(folder);
  return names
    .flatMap((name) => /^(\d+)\.json$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}
