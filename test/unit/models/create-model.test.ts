import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { M2atError } from '../../../src/core/errors';
import { createModel } from '../../../src/core/models/networks/create-model';
import { forward } from '../../../src/core/models/layers-model/forward';
import { modelParameters, type ModelParameters } from '../../../src/core/models/networks/model-schema';
import {
  assertClose,
  context,
  modelOf,
  parametersOf,
  predict,
  randomImages,
  randomizeBatchNorm,
} from './support';

const kernel = (model: tf.LayersModel, layer: string): Float32Array => {
  const [weight] = model.getLayer(layer).weights;
  assert.ok(weight);
  return weight.read().dataSync<'float32'>();
};

describe('createModel', () => {
  it('gives small-cnn the layers that its parameters say', () => {
    const model = modelOf({ name: 'small-cnn', widths: [20, 40, 48, 96], hidden: 64 });
    assert.deepEqual(model.inputs[0]?.shape, [null, 32, 32, 3]);
    assert.deepEqual(model.outputs[0]?.shape, [null, 10]);
    assert.deepEqual(
      ['conv1', 'conv2', 'pool2', 'conv3', 'pool3', 'conv4', 'pool4', 'hidden'].map(
        (name) => model.getLayer(name).outputShape,
      ),
      [
        [null, 32, 32, 20],
        [null, 32, 32, 40],
        [null, 16, 16, 40],
        [null, 16, 16, 48],
        [null, 8, 8, 48],
        [null, 8, 8, 96],
        [null, 4, 4, 96],
        [null, 64],
      ],
    );
    // 9(3*20 + 20*40 + 40*48 + 48*96) + 2(20 + 40 + 48 + 96) + (16*96 + 1)*64 + 65*10
    assert.equal(parametersOf(model), 165_918);
  });

  it('gives PreAct-ResNet-18 its 11.2 million parameters', () => {
    const model = modelOf(modelParameters.parse({ name: 'preact-resnet' }));
    // The usual PyTorch one has 11,171,146, without the final BatchNorm of the paper: 2 * 512.
    assert.equal(parametersOf(model), 11_171_146 + 1024);
    assert.deepEqual(model.getLayer('stage4_block2_add').outputShape, [null, 4, 4, 512]);
    model.dispose();
  }).timeout(20_000);

  it('gives ResNet-18 the parameters that it has with a stem for small images', () => {
    const model = modelOf({ name: 'resnet' });
    assert.equal(parametersOf(model), 11_173_962);
    assert.deepEqual(model.getLayer('stage4_block2_add').outputShape, [null, 4, 4, 512]);
    model.dispose();
  }).timeout(20_000);

  it('gives a wide ResNet the parameters of the paper', () => {
    // Stem; per block two convolutions, two BatchNorms and, where the width changes, a shortcut; final BatchNorm, dense.
    const expected = (depth: number, width: number): number => {
      let [total, channels] = [9 * 3 * 16, 16];
      for (const filters of [16, 32, 64].map((base) => base * width)) {
        for (let block = 0; block < (depth - 4) / 6; block++) {
          total += 9 * channels * filters + 9 * filters ** 2 + 2 * channels + 2 * filters;
          if (block === 0) total += channels * filters;
          channels = filters;
        }
      }
      return total + 2 * channels + 10 * channels + 10;
    };
    assert.equal(expected(28, 10), 36_479_194, 'WRN-28-10 as it is known');
    const model = modelOf({ name: 'wide-resnet', depth: 16, width: 2 });
    assert.equal(parametersOf(model), expected(16, 2));
    assert.deepEqual(
      ['stage1_block2_add', 'stage2_block2_add', 'stage3_block2_add'].map(
        (name) => model.getLayer(name).outputShape,
      ),
      [
        [null, 32, 32, 32],
        [null, 16, 16, 64],
        [null, 8, 8, 128],
      ],
    );
  });

  it('knows which depths a wide ResNet can have', () => {
    assert.deepEqual(modelParameters.parse({ name: 'wide-resnet' }), {
      name: 'wide-resnet',
      depth: 28,
      width: 10,
      activation: 'relu',
      leakySlope: 0.1,
      padding: 'tensorflow',
      variance: 'biased',
    });
    const refused = modelParameters.safeParse({ name: 'wide-resnet', depth: 20 });
    assert.match(refused.error?.issues[0]?.message ?? '', /6n \+ 4/);
  });

  it('pads strided convolutions as PyTorch does with a layer of their own, and has the same weights', () => {
    const [ours, other] = (['pytorch', 'tensorflow'] as const).map((padding) =>
      createModel(
        { name: 'preact-resnet', blocks: [1, 1, 1], width: 3, padding },
        { ...context, inputShape: [8, 8, 3] },
      ),
    );
    assert.ok(ours && other);
    assert.deepEqual(
      ours.weights.map(({ shape }) => shape),
      other.weights.map(({ shape }) => shape),
    );
    const pads = ours.layers.filter((layer) => layer.getClassName() === 'ZeroPadding2D');
    assert.deepEqual(
      pads.map(({ name }) => name),
      ['stage2_block1_conv1_pad', 'stage3_block1_conv1_pad'],
    );
  });

  for (const name of ['small-cnn', 'preact-resnet', 'resnet', 'wide-resnet'] as const) {
    it(`makes ${name} of layers that any reader of Keras's format sees alike, whatever its style`, async () => {
      const small = {
        'small-cnn': {},
        'preact-resnet': { blocks: [1, 1], width: 3 },
        resnet: { blocks: [1, 1], width: 3 },
        'wide-resnet': { depth: 10, width: 1 },
      }[name];
      for (const activation of ['relu', 'silu', 'leaky-relu'] as const) {
        const p = modelParameters.parse({ name, ...small, activation, padding: 'pytorch', leakySlope: 0.3 });
        const model = createModel(p, { ...context, inputShape: [8, 8, 3] });
        randomizeBatchNorm(model);
        let saved: tf.io.ModelArtifacts | undefined;
        await model.save(
          tf.io.withSaveHandler((artifacts) => {
            saved = artifacts;
            return Promise.resolve({ modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) });
          }),
        );
        assert.ok(saved);
        const read = await tf.loadLayersModel(tf.io.fromMemory(saved));
        const x = randomImages([2, 8, 8, 3]);
        const logits = forward(model, x, { batchNorm: 'eval', updateStatistics: false });
        assertClose(predict(read, x), logits);
        const other = createModel({ ...p, activation: 'relu' }, { ...context, inputShape: [8, 8, 3] });
        randomizeBatchNorm(other);
        const same = predict(other, x).sub(logits).abs().max().dataSync()[0] ?? 0;
        assert.equal(same < 1e-6, activation === 'relu', `${activation} differs from ReLU by ${same}`);
      }
    });
  }

  it('starts from normal numbers of variance 2 / fan-in, fixed by the seed', () => {
    const p: ModelParameters = { name: 'small-cnn', widths: [16, 32, 32, 32], hidden: 64 };
    const [model, again, other] = [modelOf(p, 1), modelOf(p, 1), modelOf(p, 2)];
    for (const [layer, variance] of [
      ['conv2', 2 / (9 * 16)],
      ['hidden', 2 / (16 * 32)],
      ['logits', 0.01 / 64],
    ] as const) {
      const values = kernel(model, layer);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const actual = values.reduce((sum, value) => sum + value ** 2, 0) / values.length;
      const standardError = Math.sqrt(2 / values.length);
      assert.ok(Math.abs(actual / variance - 1) < 5 * standardError, `${layer}: ${actual} for ${variance}`);
      assert.ok(Math.abs(mean) < 5 * Math.sqrt(variance / values.length), `${layer}: mean ${mean}`);
      assert.deepEqual(kernel(again, layer), values);
      assert.notDeepEqual(kernel(other, layer), values);
    }
    assert.notDeepEqual(kernel(model, 'conv3').slice(0, 100), kernel(model, 'conv4').slice(0, 100));
  });

  it('normalises each channel of the input, with weights that no optimizer sees', () => {
    const model = modelOf({ name: 'small-cnn', widths: [2, 2, 2, 2], hidden: 2 });
    const layer = model.getLayer('input_normalization');
    assert.equal(layer.trainableWeights.length, 0);
    tf.tidy(() => {
      const output = layer.apply(tf.tensor4d([0.1, 0.5, 0.9, 1, 0, 0.25], [1, 1, 2, 3]));
      assert.ok(output instanceof tf.Tensor);
      const { mean, std } = context.normalization;
      [0.1, 0.5, 0.9, 1, 0, 0.25].forEach((value, i) => {
        const expected = (value - (mean[i % 3] ?? 0)) / (std[i % 3] ?? 1);
        assert.ok(Math.abs((output.dataSync()[i] ?? 0) - expected) < 1e-5);
      });
    });
  });

  it('refuses images that its pooling would shrink to nothing', () => {
    const p: ModelParameters = { name: 'preact-resnet', blocks: [1, 1, 1, 1, 1, 1], width: 1 };
    assert.throws(
      () => createModel(p, { ...context, inputShape: [16, 16, 3] }),
      (error: unknown) =>
        error instanceof M2atError &&
        error.code === 'bad-input' &&
        error.what.includes('16 x 16 are too small'),
    );
  });
});
