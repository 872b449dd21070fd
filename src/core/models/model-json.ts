import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { M2atError, messageOf } from '../errors';

const maxModelJsonBytes = 64 * 2 ** 20;

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
    throw new M2atError('checkpoint', `no model is there (${messageOf(error)})`, {
      where: named,
      hint: 'Name a model.json, or the folder that holds one.',
      cause: error,
    });
  }
}

/** @throws M2atError `checkpoint` for something else than a regular file of JSON, or too much of it */
export async function readModelJson(modelFile: string): Promise<unknown> {
  const text = await readText(modelFile);
  try {
    const json: unknown = JSON.parse(text);
    return json;
  } catch (error) {
    throw new M2atError('checkpoint', `no JSON (${messageOf(error)})`, {
      where: modelFile,
      hint: whatWorks,
      cause: error,
    });
  }
}

/** Whether a model.json is a graph model; anything else is taken for a layers model. */
export function isGraphModel(json: unknown): boolean {
  const graph = z.looseObject({ format: z.literal('graph-model') });
  const nodes = z.looseObject({ modelTopology: z.looseObject({ node: z.array(z.unknown()) }) });
  return graph.safeParse(json).success || nodes.safeParse(json).success;
}

async function readText(modelFile: string): Promise<string> {
  try {
    const found = await stat(modelFile);
    if (!found.isFile()) throw new M2atError('checkpoint', 'no regular file', { where: modelFile });
    if (found.size > maxModelJsonBytes) {
      throw new M2atError(
        'checkpoint',
        `${found.size} bytes, at most ${maxModelJsonBytes} can be a model.json`,
        {
          where: modelFile,
          hint: whatWorks,
        },
      );
    }
    return await readFile(modelFile, 'utf8');
  } catch (error) {
    if (error instanceof M2atError) throw error;
    throw new M2atError('checkpoint', `can't be read (${messageOf(error)})`, {
      where: modelFile,
      cause: error,
    });
  }
}
