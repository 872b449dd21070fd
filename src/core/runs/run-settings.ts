import path from 'node:path';
import { readJson } from '../files/json';
import { flatSettings, type FlatSettings } from '../report/compare/flat-settings';
import { runDirectory, runFile } from '../records/run-paths';

const MAX_BYTES = 2 ** 20;

/**
 * The settings of a training run for lists and comparisons, by their dotted paths: as its `experiment.json` says them,
 * unchecked, so that runs of any version can stand side by side. Undefined where there are none that can be read.
 */
export async function readRunSettings(root: string, id: string): Promise<FlatSettings | undefined> {
  try {
    return flatSettings(await readJson(path.join(runDirectory(root, id), runFile.experiment), MAX_BYTES));
  } catch {
    return undefined;
  }
}
