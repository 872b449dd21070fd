import { stat } from 'node:fs/promises';
import path from 'node:path';
import { M2atError } from '../errors';
import { readError } from '../files/open-for-reading';
import { findDataset } from './load-dataset';
import type { DatasetDefinition } from './define-dataset';
import type { NamedDataset } from './named-dataset';

/**
 * The user's own images that a path names: a folder of pictures, or arrays in one `.npz` file.
 * @param toTest all of them are test images, where the files themselves don't tell which are
 * @throws M2atError `bad-input` when there is nothing, or something else
 */
export async function datasetOfPath(
  datasets: readonly DatasetDefinition[],
  place: string,
  toTest = false,
): Promise<NamedDataset> {
  const absolute = path.resolve(place);
  const hint =
    'Expected a folder with a folder of pictures for each class, or an .npz file with images and labels.';
  const found = await stat(absolute).catch((error: unknown) => {
    throw readError(error, absolute, { code: 'bad-input', hint });
  });
  const share = toTest ? { testShare: 1 } : {};
  if (found.isDirectory()) return { name: findDataset(datasets, 'folder').name, folder: absolute, ...share };
  if (absolute.toLowerCase().endsWith('.npz')) {
    return { name: findDataset(datasets, 'arrays').name, file: absolute, ...share };
  }
  throw new M2atError('bad-input', 'is neither a folder nor an .npz file', { where: absolute, hint });
}
