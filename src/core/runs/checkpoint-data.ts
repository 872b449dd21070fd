import path from 'node:path';
import * as z from 'zod';
import type { DatasetDefinition, DatasetParameters } from '../data/define-dataset';
import { namedDataset, type NamedDataset } from '../data/named-dataset';
import { M2atError } from '../errors';
import { readJson } from '../files/json';
import { readSealedJson } from '../files/sealed-json';
import { tolerant } from '../tolerant';
import { withoutKeys } from '../without-keys';
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
  const { dataset: ofRun } = await dataOfRun(modelFile);
  const name = metadata.dataset ?? datasets[0]?.name;
  const definition = datasets.find((one) => one.name === name);
  if (!definition) {
    throw new M2atError(
      'unsupported',
      `was trained on the data set ${JSON.stringify(name)}, which is not known here`,
      { where: modelFile, hint: `Known: ${datasets.map((one) => one.name).join(', ')}.` },
    );
  }
  const { folder } = ofRun ?? {};
  const whole = ofRun && ofRun.name === name ? withoutKeys(ofRun, ['extra']) : {};
  // Generated images are for training. Keys of a later version say nothing here.
  for (const said of [whole, { folder }]) {
    const counts = { trainCount: 1, testCount: undefined };
    const parsed = definition.parameters.safeParse({ ...said, name: definition.name, ...counts });
    if (parsed.success) return parsed.data;
  }
  throw new M2atError(
    'unsupported',
    `was trained on the data set ${definition.name}, and nothing beside it says on which files`,
    { where: modelFile, hint: 'Name the images to attack.' },
  );
}

/** What is looked at of a record. */
const ofRecord = tolerant(runRecord.pick({ checksums: true, images: true }));

/** Its indices and paths have some kilobytes. */
const MAX_EXPERIMENT_BYTES = 2 ** 20;

/** What a run directory says of the data that its checkpoints were trained on. */
export interface DataOfRun {
  readonly dataset?: NamedDataset | undefined;
  /** Of a user's own files: which images there were. */
  readonly images?: string | undefined;
}

/**
 * What the run that this checkpoint lies in says of its data; empty where it lies in none.
 * @throws M2atError `bad-input` when the experiment of the run is not as its record says
 */
export async function dataOfRun(modelFile: string): Promise<DataOfRun> {
  const run = path.resolve(path.dirname(modelFile), '..', '..');
  const file = path.join(run, runFile.experiment);
  const json = await readJson(file, MAX_EXPERIMENT_BYTES).catch(() => undefined);
  const stored = await readSealedJson(path.join(run, runFile.record), MAX_EXPERIMENT_BYTES).catch(
    () => undefined,
  );
  const { checksums, images } = ofRecord.safeParse(stored?.value).data ?? {};
  if (checksums?.experiment !== undefined) assertUnchanged(json, [checksums.experiment], file);
  // Not in a run directory there is nothing to learn.
  const { data } = z.looseObject({ dataset: namedDataset }).safeParse(json);
  return { dataset: data?.dataset, images };
}
