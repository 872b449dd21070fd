import assert from 'node:assert/strict';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import * as z from 'zod';
import { M2atError, type ErrorCode } from '../../../src/core/errors';
import { importLayersModel } from '../../../src/core/models/import-layers-model';
import { forward } from '../../../src/core/models/forward';
import { encodeLayersModel, loadLayersModel } from '../../../src/core/models/layers-model-file';
import { inTemporaryFolder } from '../data/support';
import { assertClose, predict, randomImages, smallModel } from './support';

const metadata = { m2at: { classNames: ['a', 'b'], epoch: 3 } };

/** Writes a small model and hands over its folder, as `model/`, beside which a test can put other files. */
function withModel(use: (folder: string, model: tf.LayersModel) => Promise<void>): Promise<void> {
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
type ModelJson = z.output<typeof modelJson>;

/** Changes model.json in place. */
async function edit(folder: string, change: (json: ModelJson) => void): Promise<void> {
  const file = path.join(folder, 'model.json');
  const json = modelJson.parse(JSON.parse(await readFile(file, 'utf8')));
  change(json);
  await writeFile(file, JSON.stringify(json));
}

const group = (json: ModelJson): ModelJson['weightsManifest'][number] => {
  const [first] = json.weightsManifest;
  assert.ok(first);
  return first;
};

function assertRefused(file: string, message: RegExp, code: ErrorCode = 'checkpoint'): Promise<void> {
  return assert.rejects(loadLayersModel(file), (error: unknown) => {
    assert.ok(error instanceof M2atError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    assert.ok(error.where, 'no place is named');
    return true;
  });
}

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
});

describe('loadLayersModel refuses', () => {
  const paths: readonly [string, string][] = [
    ['a parent folder', '../outside.bin'],
    ['a way through a folder to its parent', 'a/../../outside.bin'],
    ['an absolute path', '/etc/hostname'],
    ['a drive', 'C:/outside.bin'],
    ["a parent folder with Windows's separators", '..\\outside.bin'],
    ["Windows's absolute path", '\\\\host\\share\\outside.bin'],
    ['an address', 'https://example.org/outside.bin'],
  ];
  for (const [name, shard] of paths) {
    it(`weights in ${name}`, async () => {
      await withModel(async (folder) => {
        await writeFile(
          path.join(folder, '..', 'outside.bin'),
          await readFile(path.join(folder, 'weights.bin')),
        );
        await edit(folder, (json) => {
          group(json).paths = [shard];
        });
        await assertRefused(folder, /points outside the model's folder/);
      });
    });
  }

  it('a link that leads out of the folder', async function () {
    await withModel(async (folder) => {
      const outside = path.join(folder, '..', 'outside');
      await mkdir(outside);
      await writeFile(path.join(outside, 'w.bin'), await readFile(path.join(folder, 'weights.bin')));
      try {
        // A junction needs no privilege on Windows.
        await symlink(outside, path.join(folder, 'link'), 'junction');
      } catch (error) {
        if (process.platform !== 'win32') throw error;
        this.skip();
      }
      await edit(folder, (json) => {
        group(json).paths = ['link/w.bin'];
      });
      await assertRefused(folder, /leads outside the model's folder/);
    });
  });

  it('missing, truncated and overlong weight files, with both sizes', async () => {
    await withModel(async (folder) => {
      const file = path.join(folder, 'weights.bin');
      const bytes = await readFile(file);
      await writeFile(file, bytes.subarray(0, 100));
      await assertRefused(folder, new RegExp(`weights\\.bin: 100 bytes, but .* declares ${bytes.length}`));
      await writeFile(file, Buffer.concat([bytes, bytes]));
      await assertRefused(folder, new RegExp(`${2 * bytes.length} bytes, but .* declares ${bytes.length}`));
      await edit(folder, (json) => {
        group(json).paths = ['gone.bin'];
      });
      await assertRefused(folder, /the weight file gone\.bin is missing/);
      await mkdir(path.join(folder, 'gone.bin'));
      await assertRefused(folder, /no regular file|can't be read/);
    });
  });

  it('weights that are not finite', async () => {
    await withModel(async (folder) => {
      const file = path.join(folder, 'weights.bin');
      const bytes = await readFile(file);
      for (const value of [Number.NaN, Infinity]) {
        bytes.writeFloatLE(value, 40);
        await writeFile(file, bytes);
        await assertRefused(folder, new RegExp(`weight \\S+ holds ${value} at \\d+`));
      }
    });
  });

  it('other element types, quantized weights and names that come twice', async () => {
    await withModel(async (folder) => {
      const change = (json: ModelJson, values: object): void => {
        Object.assign(group(json).weights[1] ?? {}, values);
      };
      await edit(folder, (json) => {
        change(json, { dtype: 'float64' });
      });
      await assertRefused(folder, /stored as float64; only float32/);
      await edit(folder, (json) => {
        change(json, { dtype: 'float32', quantization: { dtype: 'uint8', min: 0, scale: 1 } });
      });
      await assertRefused(folder, /quantized float32/);
      await edit(folder, (json) => {
        change(json, { quantization: undefined, name: group(json).weights[0]?.name });
      });
      await assertRefused(folder, /names it twice/);
    });
  });

  it('weights of another model: missing, of another shape, or too many', async () => {
    await withModel(async (folder) => {
      await edit(folder, (json) => {
        const weight = group(json).weights.find(({ name }) => name === 'logits/kernel');
        weight?.shape.reverse();
      });
      await assertRefused(folder, /weight logits\/kernel has shape \[10, \d+\], the model needs \[\d+, 10\]/);
      await edit(folder, (json) => {
        const weight = group(json).weights.find(({ name }) => name === 'logits/kernel');
        weight?.shape.reverse();
        if (weight) weight.name = 'other/kernel';
      });
      await assertRefused(folder, /the weight logits\/kernel is missing/);
    });
  });

  it('sizes that nobody could hold, before anything is allocated', async () => {
    await withModel(async (folder) => {
      await edit(folder, (json) => {
        const weight = group(json).weights[0];
        if (weight) weight.shape = [1_000_000, 1_000_000, 1_000_000];
      });
      await assertRefused(folder, /at most 2147483648 can be read/);
    });
    await withModel(async (folder) => {
      await edit(folder, (json) => {
        const dense = json.modelTopology.config.layers.find(({ class_name }) => class_name === 'Dense');
        Object.assign(dense?.config ?? {}, { units: 10_000_000_000_000, kernel_initializer: null });
      });
      await assertRefused(
        folder,
        /needs a weight of shape \[\d+, 10000000000000\], more than its weight files hold/,
      );
    });
  });

  it('layer classes that are not built in, by name and place', async () => {
    await withModel(async (folder) => {
      for (const name of ['Lambda', 'LSTM', 'constructor', 'M2atDeclaredZeros']) {
        await edit(folder, (json) => {
          const layer = json.modelTopology.config.layers[2];
          if (layer) layer.class_name = name;
        });
        await assertRefused(
          folder,
          new RegExp(`config\\.layers\\[2\\]\\.class_name: the layer class "${name}" is not supported`),
        );
      }
    });
  });

  it('a model that is no image classifier', async () => {
    await inTemporaryFolder(async (folder) => {
      const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [4] })] });
      const encoded = encodeLayersModel(model, { weightsFile: 'w.bin', metadata: {} });
      await writeFile(path.join(folder, 'model.json'), encoded.modelJson);
      await writeFile(path.join(folder, 'w.bin'), encoded.weights);
      await assertRefused(folder, /no image classifier: it takes \[N, 4\] and returns \[N, 2\]/);
    });
  });

  it('a layer that TF.js builds but can not run is told when the network is imported', async () => {
    await withModel(async (folder) => {
      await edit(folder, ({ modelTopology: { config } }) => {
        const strided = config.layers.find((layer) => String(layer.config.strides) === '2,2');
        assert.ok(strided);
        strided.config.dilation_rate = [2, 2];
      });
      await assert.rejects(importLayersModel(folder), (error: unknown) => {
        assert.ok(error instanceof M2atError, String(error));
        assert.equal(error.code, 'checkpoint');
        assert.match(error.message, /model\.json: the model can't be run: .*[Ss]trides/);
        return true;
      });
    });
  });

  const files: readonly [string, string, string, RegExp, ErrorCode?][] = [
    ['an ONNX file', 'net.onnx', '\u0008\u0007', /ONNX models can't be loaded/, 'unsupported'],
    [
      'a graph model',
      'model.json',
      '{"format":"graph-model","modelTopology":{"node":[]},"weightsManifest":[]}',
      /graph models can't be loaded[^]*TF.js models work/,
      'unsupported',
    ],
    [
      'a layer that waits for itself',
      'model.json',
      JSON.stringify({
        modelTopology: {
          class_name: 'Functional',
          config: {
            name: 'net',
            layers: [
              { class_name: 'ReLU', name: 'r', config: { name: 'r' }, inbound_nodes: [[['r', 0, 0, {}]]] },
            ],
            input_layers: [],
            output_layers: [],
          },
        },
        weightsManifest: [],
      }),
      /layers: the layer r waits for a result that never comes/,
    ],
    [
      'a layer that waits for one which is called on nothing',
      'model.json',
      JSON.stringify({
        modelTopology: {
          class_name: 'Functional',
          config: {
            name: 'net',
            layers: [
              { class_name: 'ReLU', name: 'idle', config: { name: 'idle' }, inbound_nodes: [[]] },
              { class_name: 'ReLU', name: 'r', config: { name: 'r' }, inbound_nodes: [[['idle', 0, 0, {}]]] },
            ],
            input_layers: [],
            output_layers: [],
          },
        },
        weightsManifest: [],
      }),
      /layers: the layer r waits for a result that never comes/,
    ],
    ['a file that is no JSON', 'model.json', 'PK\u0003\u0004', /no JSON/],
    ['JSON that is no model', 'model.json', '{"name":"package"}', /modelTopology: no TF\.js layers model/],
    ['JSON of another shape', 'model.json', '[1, 2]', /no TF\.js layers model/],
    [
      'a topology that is none',
      'model.json',
      '{"modelTopology":{"a":1},"weightsManifest":[]}',
      /modelTopology: no layer: class_name and config/,
    ],
    [
      'a topology that TF.js refuses',
      'model.json',
      '{"modelTopology":{"class_name":"Model","config":{"layers":[]}},"weightsManifest":[]}',
      /the model can't be built/,
    ],
  ];
  for (const [name, file, text, message, code] of files) {
    it(name, async () => {
      await inTemporaryFolder(async (folder) => {
        const full = path.join(folder, file);
        await writeFile(full, text);
        await assertRefused(full, message, code);
      });
    });
  }

  it('a place where no model is', async () => {
    await inTemporaryFolder(async (folder) => {
      await assertRefused(folder, /no model is there/);
      await assertRefused(path.join(folder, 'gone.json'), /no model is there/);
    });
  });
});
