import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { M2atError, messageOf } from '../errors';
import { readJson } from '../files/json';
import { readError } from '../files/open-for-reading';

/** Of a network with some thousand layers, a few megabytes. */
export const MAX_MODEL_JSON_BYTES = 64 * 2 ** 20;

/** For the hints of errors. */
export const whatWorks =
  'TF.js models work: a model.json with its weight files, as tf.LayersModel.save or the TensorFlow converter writes it.';

/**
 * The model.json that a person means.
 * @param file a model.json, or the folder that holds it
 * @throws M2atError `checkpoint` when there is none
 */
export async function findModelFile(file: string): Promise<string> {
  const named = path.resolve(file);
  try {
    if (!(await stat(named)).isDirectory()) return named;
    const inside = path.join(named, 'model.json');
    await stat(inside);
    return inside;
  } catch (error) {
    const isRun = existsSync(path.join(named, 'checkpoints'));
    throw new M2atError('checkpoint', `no model is there (${messageOf(error)})`, {
      where: named,
      hint: isRun
        ? 'It is the directory of a run: name checkpoints/best or checkpoints/last in it.'
        : 'Name a model.json, or the folder that holds one.',
      cause: error,
    });
  }
}

/** @throws M2atError `checkpoint` for something else than a regular file of JSON, or too much of it */
export async function readModelJson(modelFile: string): Promise<unknown> {
  const options = { code: 'checkpoint', hint: whatWorks } as const;
  return readJson(modelFile, MAX_MODEL_JSON_BYTES, options).catch((error: unknown) => {
    throw readError(error, modelFile, options);
  });
}
