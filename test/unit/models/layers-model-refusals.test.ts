import assert from 'node:assert/strict';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { M2atError, type ErrorCode } from '../../../src/core/errors';
import { asImportedModel } from '../../../src/core/models/layers-model/import-layers-model';
import { loadLayersModel } from '../../../src/core/models/layers-model/layers-model-file';
import { encodeLayersModel } from '../../../src/core/models/layers-model/layers-model-file';
import { inTemporaryFolder } from '../data/support';
import { assertRefused, edit, group, withModel, type ModelJson } from './layers-model-folder';

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

  it('other element types, unknown quantization and names that come twice', async () => {
    await withModel(async (folder) => {
      const change = (json: ModelJson, values: object): void => {
        Object.assign(group(json).weights[1] ?? {}, values);
      };
      await edit(folder, (json) => {
        change(json, { dtype: 'float64' });
      });
      await assertRefused(folder, /stored as float64; only float32/);
      await edit(folder, (json) => {
        change(json, { dtype: 'float32', quantization: { dtype: 'uint4', min: 0, scale: 1 } });
      });
      await assertRefused(folder, /its quantization is malformed or unknown/);
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

  it('a constraint that is something else, which TF.js applies to the weights', async () => {
    await withModel(async (folder) => {
      await edit(folder, ({ modelTopology: { config } }) => {
        const layer = config.layers.find((candidate) => candidate.config.center === true);
        assert.ok(layer);
        Object.assign(layer.config, { beta_constraint: { class_name: 'Zeros', config: {} } });
      });
      await assertRefused(folder, /the weight .*\/beta can't be set/);
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
      await assert.rejects(
        loadLayersModel(folder).then((loaded) => asImportedModel(loaded)),
        (error: unknown) => {
          assert.ok(error instanceof M2atError, String(error));
          assert.equal(error.code, 'checkpoint');
          assert.match(error.message, /model\.json: the model can't be run: .*[Ss]trides/);
          return true;
        },
      );
    });
  });

  const files: readonly [string, string, string, RegExp, ErrorCode?][] = [
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
