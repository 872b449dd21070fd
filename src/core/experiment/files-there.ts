import { stat } from 'node:fs/promises';
import path from 'node:path';
import { M2atError } from '../errors';
import { hasCode } from '../files/error-code';
import { lastCheckpointOf } from '../models/last-checkpoint';
import { findModelFile } from '../models/model-json';
import type { Named } from '../named-schema';
import type { ExperimentLists, ResolvedExperiment } from './experiment-schema';
import type { ExperimentRun } from './parse-experiment';

interface NamedFile {
  /** The key that names it. */
  readonly field: string;
  readonly place: string;
}

/**
 * Checks that the files and folders which runs name are there: nobody waits for one run to learn that the next can't begin.
 * @param file the experiment file that they are in
 * @throws M2atError `bad-input` with the first that is missing; `checkpoint` for a folder without a model
 */
export async function assertFilesThere(
  runs: readonly ExperimentRun[],
  file: string,
  lists: Pick<ExperimentLists, 'datasets' | 'methods'>,
): Promise<void> {
  // Of the runs of a sweep many name the same ones.
  const looked = new Set<string>();
  const models = new Set<string>();
  for (const { name, experiment } of runs) {
    for (const { field, place } of namedFiles(experiment, lists)) {
      if (looked.has(place)) continue;
      looked.add(place);
      if (!(await isMissing(place))) continue;
      const isFolder = field.endsWith('.folder');
      const of = runs.length > 1 ? ` of the run "${name}"` : '';
      throw new M2atError('bad-input', `the ${isFolder ? 'folder' : 'file'} is missing`, {
        where: place,
        hint:
          `${field}${of} names it: correct the path in ${path.basename(file)}, where relative ones begin in the folder of ` +
          'that file, or put there what is missing.',
      });
    }
    const { model } = experiment;
    if (model.name !== 'checkpoint' || models.has(model.file)) continue;
    models.add(model.file);
    await findModelFile(lastCheckpointOf(model.file));
  }
}

function namedFiles(
  { dataset, method, model, evaluation }: ResolvedExperiment,
  { datasets, methods }: Pick<ExperimentLists, 'datasets' | 'methods'>,
): NamedFile[] {
  const { folder } = evaluation.final.corruptions ?? {};
  return [
    ...(model.name === 'checkpoint' ? [{ field: 'model.file', place: model.file }] : []),
    ...filesOf('dataset', dataset, datasets.find(({ name }) => name === dataset.name)?.files ?? ['folder']),
    ...(dataset.extra ? [{ field: 'dataset.extra.file', place: dataset.extra.file }] : []),
    ...filesOf('method', method, methods.find(({ name }) => name === method.name)?.files ?? []),
    ...(folder === undefined ? [] : [{ field: 'evaluation.final.corruptions.folder', place: folder }]),
  ];
}

function filesOf(part: string, said: Named, keys: readonly string[]): NamedFile[] {
  return Object.entries(said).flatMap(([key, value]: [string, unknown]) =>
    keys.includes(key) && typeof value === 'string' ? [{ field: `${part}.${key}`, place: value }] : [],
  );
}

/** What can't be looked at is told when it is opened. */
async function isMissing(place: string): Promise<boolean> {
  return stat(place).then(
    () => false,
    (error: unknown) => hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR'),
  );
}
