import path from 'node:path';
import * as z from 'zod';
import type { DatasetDefinition, DatasetParameters } from '../data/define-dataset';
import { namedDataset } from '../data/named-dataset';
import { M2atError } from '../errors';
import { readJson } from '../files/json';
import { readSealedJson } from '../files/sealed-json';
import { tolerant } from '../tolerant';
import { runRecord } from '../records/run-files';
import { runFile } from '../records/run-paths';
import { assertUnchanged } from './run-store';

/**
 * The data set to attack a checkpoint on: the one of its run, when it lies in a run directory; the one that its
 * metadata names; otherwise the first of the list. All test images, and as few training images as possible.
 * @throws M2atError `bad-input` when the experiment of its run was changed; `unsupported` when the metadata names a data set that is not known here
 */
export async function datasetOf(
  datasets: readonly DatasetDefinition[],
  {
    modelFile,
    metadata,
  }: { readonly modelFile: string; readonly metadata: Readonly<Record<string, unknown>> },
): Promise<DatasetParameters> {
  const folder = await folderOfRun(modelFile);
  const name = metadata.dataset ?? datasets[0]?.name;
  const parsed = datasets
    .find((one) => one.name === name)
    ?.parameters.safeParse({ name, trainCount: 1, ...(folder === undefined ? {} : { folder }) });
  if (parsed?.success) return parsed.data;
  throw new M2atError(
    'unsupported',
    `was trained on the data set ${JSON.stringify(name)}, which is not known here`,
    { where: modelFile, hint: `Known: ${datasets.map((one) => one.name).join(', ')}.` },
  );
}

/** What is looked at of a record. */
const withChecksums = tolerant(runRecord.pick({ checksums: true }));

/** Its indices and paths have some kilobytes. */
const MAX_EXPERIMENT_BYTES = 2 ** 20;

/**
 * The folder with the data that the run of this checkpoint was trained on, if the run named one.
 * @throws M2atError `bad-input` when the experiment of the run is not as its record says
 */
async function folderOfRun(modelFile: string): Promise<string | undefined> {
  const run = path.resolve(path.dirname(modelFile), '..', '..');
  const file = path.join(run, runFile.experiment);
  const json = await readJson(file, MAX_EXPERIMENT_BYTES).catch(() => undefined);
  const stored = await readSealedJson(path.join(run, runFile.record), MAX_EXPERIMENT_BYTES).catch(
    () => undefined,
  );
  const sum = withChecksums.safeParse(stored?.value).data?.checksums?.experiment;
  if (sum !== undefined) assertUnchanged(json, [sum], file);
  // Not in a run directory there is nothing to learn.
  return z.looseObject({ dataset: namedDataset }).safeParse(json).data?.dataset.folder;
}
