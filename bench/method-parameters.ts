import type * as tf from '@tensorflow/tfjs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { encodeLayersModel } from '../src/core/models/layers-model/layers-model-file';
import { methods } from '../src/core/methods';

/** A method with its defaults. @param checkpoint what it gets where it needs another network */
export function methodParameters(name: string, checkpoint = '.'): { readonly name: string } {
  const { files = [] } = methods.find((method) => method.name === name) ?? {};
  return { name, ...Object.fromEntries(files.map((key) => [key, checkpoint])) };
}

/** Does something while there is a checkpoint of the network. */
export async function withCheckpoint<T>(
  model: tf.LayersModel,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'm2at-bench-'));
  try {
    const weightsFile = 'weights.bin';
    const { modelJson, weights } = encodeLayersModel(model, { weightsFile, metadata: {} });
    await writeFile(path.join(folder, 'model.json'), modelJson);
    await writeFile(path.join(folder, weightsFile), weights);
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
