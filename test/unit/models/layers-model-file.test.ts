import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import * as z from 'zod';
import { forward } from '../../../src/core/models/layers-model/forward';
import { encodeLayersModel, loadLayersModel } from '../../../src/core/models/layers-model/layers-model-file';
import { edit, group, metadata, withModel } from './layers-model-folder';
import { assertClose, predict, randomImages } from './support';

describe('layers model files', () => {
  it('are read by plain TF.js, which gets the same logits', async () => {
    await withModel(async (folder, model) => {
      const json: unknown = JSON.parse(await readFile(path.join(folder, 'model.json'), 'utf8'));
      const { modelTopology, weightsManifest } = z
        .object({
          modelTopology: z.looseObject({}),
          weightsManifest: z.custom<tf.io.WeightsManifestConfig>(Array.isArray),
        })
        .parse(json);
      const bytes = new Uint8Array(await readFile(path.join(folder, 'weights.bin')));
      const plain = await tf.loadLayersModel({
        load: () =>
          Promise.resolve({
            modelTopology,
            weightSpecs: weightsManifest.flatMap(({ weights }) => weights),
            weightData: bytes.buffer,
          }),
      });
      const x = randomImages([3, 8, 8, 3]);
      assertClose(predict(plain, x), forward(model, x, { batchNorm: 'eval', updateStatistics: false }));
      assert.equal(plain.getLayer('input_normalization').trainable, false);
    });
  });

  it('come back with the same weights and metadata, from the file and from its folder, and can be written again', async () => {
    await withModel(async (folder, model) => {
      const x = randomImages([3, 8, 8, 3]);
      const file = path.join(folder, 'model.json');
      for (const named of [file, folder]) {
        const loaded = await loadLayersModel(named);
        assert.equal(loaded.modelFile, file);
        assert.deepEqual(loaded.metadata, metadata);
        assert.deepEqual(predict(loaded.model, x).dataSync(), predict(model, x).dataSync());
        const again = encodeLayersModel(loaded.model, { weightsFile: 'weights.bin', metadata });
        assert.deepEqual(again.weights, new Uint8Array(await readFile(path.join(folder, 'weights.bin'))));
        assert.doesNotMatch(again.modelJson, /M2at(?!")/i);
        await tf.loadLayersModel({
          load: () =>
            Promise.resolve({
              modelTopology: z.object({ modelTopology: z.looseObject({}) }).parse(JSON.parse(again.modelJson))
                .modelTopology,
            }),
        });
      }
    });
  });

  it('may spread their weights over several files and folders', async () => {
    await withModel(async (folder, model) => {
      const bytes = await readFile(path.join(folder, 'weights.bin'));
      await mkdir(path.join(folder, 'shards'));
      await writeFile(path.join(folder, 'shards', '1.bin'), bytes.subarray(0, 101));
      await writeFile(path.join(folder, '2.bin'), bytes.subarray(101));
      await edit(folder, (json) => {
        group(json).paths = ['shards/1.bin', './2.bin'];
      });
      const x = randomImages([1, 8, 8, 3]);
      assert.deepEqual(
        predict((await loadLayersModel(folder)).model, x).dataSync(),
        predict(model, x).dataSync(),
      );
    });
  });

  it('may hold quantized weights, as the converter writes them', async () => {
    await withModel(async (folder, model) => {
      const parts: Buffer[] = [];
      const quantizations: object[] = [];
      for (const [n, variable] of model.weights.entries()) {
        const values = variable.read().dataSync<'float32'>();
        const least = Math.min(...values);
        const type = n % 2 ? 'uint8' : 'uint16';
        const scale = (Math.max(...values) - least) / (type === 'uint8' ? 255 : 65_535) || 1;
        const codes = Array.from(values, (value) => Math.round((value - least) / scale));
        parts.push(Buffer.from((type === 'uint8' ? Uint8Array.from(codes) : Uint16Array.from(codes)).buffer));
        quantizations.push({ dtype: type, min: least, scale, original_dtype: 'float32' });
      }
      const bytes = Buffer.concat(parts);
      // The converter cuts its files at any byte.
      await writeFile(path.join(folder, 'a.bin'), bytes.subarray(0, 1001));
      await writeFile(path.join(folder, 'b.bin'), bytes.subarray(1001));
      await edit(folder, (json) => {
        group(json).paths = ['a.bin', 'b.bin'];
        group(json).weights.forEach((weight, n) => Object.assign(weight, { quantization: quantizations[n] }));
      });
      const loaded = await loadLayersModel(folder);
      const x = randomImages([2, 8, 8, 3]);
      assertClose(predict(loaded.model, x), predict(model, x), 0.05);
      assert.notDeepEqual(predict(loaded.model, x).arraySync(), predict(model, x).arraySync());
      loaded.model.dispose();
    });
  });
});
