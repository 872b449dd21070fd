import type * as tf from '@tensorflow/tfjs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Dataset } from '../data/dataset';
import { datasetParameters, type DatasetParameters } from '../data/dataset-schema';
import { M2atError } from '../errors';
import { resolvedExperiment } from '../experiment/experiment-schema';
import type { LoadedModel } from '../models/layers-model-file';
import { runFile } from './run-paths';

/**
 * The data set to attack a checkpoint on: the one of its run, when it lies in a run directory; the one that its
 * metadata names; otherwise cifar10. All test images, and as few training images as possible.
 * @throws M2atError `unsupported` when the metadata names a data set that is not known here
 */
export async function datasetOf({ modelFile, metadata }: LoadedModel): Promise<DatasetParameters> {
  const folder = await folderOfRun(modelFile);
  const named = datasetParameters.safeParse({
    name: metadata.dataset ?? 'cifar10',
    trainCount: 1,
    ...(folder === undefined ? {} : { folder }),
  });
  if (named.success) return named.data;
  throw new M2atError(
    'unsupported',
    `was trained on the data set ${JSON.stringify(metadata.dataset)}, which is not known here`,
    { where: modelFile, hint: `Known: ${datasetParameters.shape.name.options.join(', ')}.` },
  );
}

/** Checks that a network takes the images of a data set and has its classes. @throws M2atError `checkpoint` */
export function assertFits(model: tf.LayersModel, { test, classNames, name }: Dataset, where: string): void {
  const shape = model.inputs[0]?.shape.slice(1) ?? [];
  const images = [test.height, test.width, test.channels];
  const fits = shape.length === 3 && shape.every((size, i) => size === null || size === images[i]);
  if (!fits) {
    throw new M2atError(
      'checkpoint',
      `the network takes images of ${shape.map((size) => size ?? '?').join(' x ')}; ` +
        `those of ${name} are ${images.join(' x ')} (height x width x channels)`,
      { where, hint: `Attack a network that was trained on ${name}.` },
    );
  }
  const classes = model.outputs[0]?.shape.at(-1);
  if (classes !== classNames.length) {
    throw new M2atError(
      'checkpoint',
      `the network has ${classes ?? '?'} classes; ${name} has ${classNames.length}`,
      {
        where,
        hint: `Attack a network that was trained on ${name}.`,
      },
    );
  }
}

/** The folder with the data that the run of this checkpoint was trained on, if the run named one. */
async function folderOfRun(modelFile: string): Promise<string | undefined> {
  const run = path.resolve(path.dirname(modelFile), '..', '..');
  try {
    const text = await readFile(path.join(run, runFile.experiment), 'utf8');
    return resolvedExperiment.parse(JSON.parse(text)).dataset.folder;
  } catch {
    // Not in a run directory: nothing to learn.
    return undefined;
  }
}
