import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { M2atError } from '../../../src/core/errors';
import { forward } from '../../../src/core/models/layers-model/forward';
import { loadLayersModel } from '../../../src/core/models/layers-model/layers-model-file';
import { assertClose, randomImages } from './support';

const evaluate = { batchNorm: 'eval', updateStatistics: false } as const;

/** A model.json as Keras's converter writes it: a Sequential of these layers on 4 x 4 images, without weights. */
function kerasModel(layers: readonly { readonly class_name: string; readonly config: object }[]): string {
  const named = layers.map(({ class_name, config }, i) => ({
    class_name,
    config: { name: `layer_${i}`, trainable: true, dtype: 'float32', ...config },
  }));
  const input = {
    class_name: 'InputLayer',
    config: { batch_input_shape: [null, 4, 4, 3], dtype: 'float32', sparse: false, name: 'input_1' },
  };
  const pool = {
    class_name: 'GlobalAveragePooling2D',
    config: { name: 'pool', trainable: true, dtype: 'float32', data_format: 'channels_last' },
  };
  return JSON.stringify({
    format: 'layers-model',
    generatedBy: 'keras v2.15.0',
    convertedBy: 'TensorFlow.js Converter v4.22.0',
    modelTopology: {
      keras_version: '2.15.0',
      backend: 'tensorflow',
      model_config: { class_name: 'Sequential', config: { name: 'net', layers: [input, ...named, pool] } },
    },
    weightsManifest: [],
  });
}

describe('layers as Keras writes them', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'm2at-keras-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const load = async (layers: Parameters<typeof kerasModel>[0]): Promise<tf.LayersModel> => {
    await writeFile(path.join(folder, 'model.json'), kerasModel(layers));
    return (await loadLayersModel(folder)).model;
  };

  const activations: readonly [string, (x: number) => number][] = [
    ['hard_swish', (x) => (x * Math.min(6, Math.max(0, x + 3))) / 6],
    ['hard_silu', (x) => (x * Math.min(6, Math.max(0, x + 3))) / 6],
    ['silu', (x) => x / (1 + Math.exp(-x))],
    ['swish', (x) => x / (1 + Math.exp(-x))],
    ['leaky_relu', (x) => Math.max(x, 0.2 * x)],
    ['exponential', Math.exp],
    ['hard_sigmoid', (x) => Math.min(1, Math.max(0, 0.2 * x + 0.5))],
    ['relu6', (x) => Math.min(6, Math.max(0, x))],
    ['elu', (x) => (x > 0 ? x : Math.expm1(x))],
  ];
  for (const [name, expected] of activations) {
    it(`the activation ${name}, with its gradient`, async () => {
      const model = await load([{ class_name: 'Activation', config: { activation: name } }]);
      const x = tf.sub(tf.mul(randomImages([2, 4, 4, 3]), 8), 4);
      const mean = (f: (x: number) => number): number[] => {
        const sums = Array<number>(6).fill(0);
        x.dataSync().forEach((value, i) => {
          const at = Math.floor(i / 48) * 3 + (i % 3);
          sums[at] = (sums[at] ?? 0) + f(value) / 16;
        });
        return sums;
      };
      assertClose(forward(model, x, evaluate), mean(expected));
      const slope = tf
        .grad((z) => tf.sum(forward(model, z, evaluate)))(x)
        .dataSync();
      const h = 1e-6;
      const slopes = Array.from(x.dataSync(), (v) => (expected(v + h) - expected(v - h)) / (2 * h) / 16);
      assertClose(slope, slopes, 1e-3);
      model.dispose();
    });
  }

  it('a ReLU that stops at 6', async () => {
    const model = await load([
      { class_name: 'ReLU', config: { max_value: 6, negative_slope: 0, threshold: 0 } },
    ]);
    assertClose(forward(model, tf.fill([1, 4, 4, 3], 9), evaluate), [6, 6, 6]);
    model.dispose();
  });

  const refused: readonly [string, object][] = [
    ['ReLU', { max_value: null, negative_slope: 0.1, threshold: 0 }],
    ['LeakyReLU', { negative_slope: 0.1 }],
    ['GlobalMaxPooling2D', { keepdims: true }],
    ['DepthwiseConv2D', { kernel_size: [3, 3], dilation_rate: [2, 2] }],
    ['UpSampling2D', { size: [2, 2], data_format: 'channels_last', interpolation: 'bilinear' }],
  ];
  for (const [className, config] of refused) {
    it(`refuses a ${className} with a setting that TF.js would pass over`, async () => {
      await assert.rejects(
        load([{ class_name: className, config }]),
        (error) =>
          error instanceof M2atError &&
          error.code === 'unsupported' &&
          /has no \w+ of|takes other points/.test(error.what),
      );
    });
  }

  it('takes dilations of 1 for none', async () => {
    const config = {
      size: [2, 2],
      data_format: 'channels_last',
      interpolation: 'nearest',
      dilation_rate: [1, 1],
    };
    (await load([{ class_name: 'UpSampling2D', config }])).dispose();
  });

  const huge: readonly [string, object][] = [
    ['UpSampling2D', { size: [100_000, 100_000], data_format: 'channels_last', interpolation: 'nearest' }],
    ['ZeroPadding2D', { padding: [1_000_000, 1_000_000], data_format: 'channels_last' }],
    ['Cropping2D', { cropping: [2, 2], data_format: 'channels_last' }],
  ];
  for (const [className, config] of huge) {
    it(`refuses a ${className} that makes too much of an image, or nothing`, async () => {
      await assert.rejects(
        load([{ class_name: className, config }]),
        (error) =>
          error instanceof M2atError &&
          error.code === 'checkpoint' &&
          error.message.includes('layer layer_0: the layer makes ['),
      );
    });
  }
});
