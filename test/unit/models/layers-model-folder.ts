import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import * as z from 'zod';
import { M2atError, type ErrorCode } from '../../../src/core/errors';
import { encodeLayersModel, loadLayersModel } from '../../../src/core/models/layers-model/layers-model-file';
import { inTemporaryFolder } from '../data/support';
import { smallModel } from './support';

export const metadata = { m2at: { classNames: ['a', 'b'], epoch: 3 } };

/** Writes a small model and hands over its folder, as `model/`, beside which a test can put other files. */
export function withModel(use: (folder: string, model: tf.LayersModel) => Promise<void>): Promise<void> {
  return inTemporaryFolder(async (temporary) => {
    const folder = path.join(temporary, 'model');
    await mkdir(folder);
    const model = smallModel('preact-resnet');
    const { modelJson, weights } = encodeLayersModel(model, { weightsFile: 'weights.bin', metadata });
    await writeFile(path.join(folder, 'model.json'), modelJson);
    await writeFile(path.join(folder, 'weights.bin'), weights);
    await use(folder, model);
  });
}

const modelJson = z.looseObject({
  modelTopology: z.looseObject({
    config: z.looseObject({
      layers: z.array(z.looseObject({ class_name: z.string(), config: z.record(z.string(), z.unknown()) })),
    }),
  }),
  weightsManifest: z.array(
    z.looseObject({
      paths: z.array(z.string()),
      weights: z.array(z.looseObject({ name: z.string(), shape: z.array(z.number()), dtype: z.string() })),
    }),
  ),
});
export type ModelJson = z.output<typeof modelJson>;

/** Changes model.json in place. */
export async function edit(folder: string, change: (json: ModelJson) => void): Promise<void> {
  const file = path.join(folder, 'model.json');
  const json = modelJson.parse(JSON.parse(await readFile(file, 'utf8')));
  change(json);
  await writeFile(file, JSON.stringify(json));
}

export const group = (json: ModelJson): ModelJson['weightsManifest'][number] => {
  const [first] = json.weightsManifest;
  assert.ok(first);
  return first;
};

export function assertRefused(file: string, message: RegExp, code: ErrorCode = 'checkpoint'): Promise<void> {
  return assert.rejects(loadLayersModel(file), (error: unknown) => {
    assert.ok(error instanceof M2atError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    assert.ok(error.where, 'no place is named');
    return true;
  });
}
