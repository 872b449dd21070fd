import path from 'node:path';
import { removeFile } from '../files/own-file';
import { namesIn } from '../files/list-folder';
import { readGrid, writeGrid, type Samples } from './grid-file';

export type { Samples } from './grid-file';

/** So many grids stay: the first one, and the latest. */
const KEPT = 20;

/** Writes the grid of a step, and drops what is too many. @throws M2atError `io` */
export async function writeSamples(folder: string, samples: Samples): Promise<void> {
  await writeGrid(folder, samples.grid.step, samples);
  const steps = await sampleSteps(folder);
  for (const step of steps.slice(1, Math.max(1, steps.length - KEPT + 1))) {
    for (const kind of ['json', 'png']) await removeFile(path.join(folder, `${step}.${kind}`));
  }
}

/** The latest grid that is whole; undefined when there is none. */
export async function readLatestSamples(folder: string): Promise<Samples | undefined> {
  for (const step of (await sampleSteps(folder)).reverse().slice(0, KEPT)) {
    try {
      return await readGrid(folder, step);
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
export async function sampleSteps(folder: string): Promise<number[]> {
  const names = await namesIn(folder);
  return names
    .flatMap((name) => /^(\d+)\.json$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}
