import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { float32 } from '../../../src/core/engine/arrays/nd-array';
import { OnnxCpuDevice } from '../../../src/core/engine/devices/onnx-cpu-device';
import { M2atError } from '../../../src/core/errors';
import { forward } from '../../../src/core/models/layers-model/forward';
import { planOf } from '../../../src/core/models/layers-model/graph-plan';
import { assertClose, predict, randomImages, randomizeBatchNorm, smallModel } from './support';

const evaluate = { batchNorm: 'eval', updateStatistics: false } as const;
const train = { batchNorm: 'train', updateStatistics: false } as const;

const weightsOf = (model: tf.LayersModel, layer: string): number[][] =>
  model.getLayer(layer).weights.map((weight) => [...weight.read().dataSync()]);

describe('forward', () => {
  for (const name of ['small-cnn', 'preact-resnet', 'wide-resnet'] as const) {
    it(`agrees with TF.js's own prediction of ${name}, with every ReLU after BatchNorm fused`, () => {
      const model = smallModel(name);
      const x = randomImages([3, 8, 8, 3]);
      assertClose(forward(model, x, evaluate), predict(model, x));
      const kinds = planOf(model).steps.map(({ layer, relu }) => `${layer.getClassName()} ${relu}`);
      const fused = kinds.filter((kind) => kind === 'BatchNormalization true');
      const layers = model.layers.filter((layer) => layer.getClassName() === 'BatchNormalization');
      assert.equal(fused.length, layers.length - 1, 'all but the input normalisation');
    });
  }

  it("agrees with TF.js's training mode: values, gradient and moving averages", () => {
    // TF.js can't train with the frozen input layer, so this network does without.
    const build = (): tf.LayersModel => {
      const model = tf.sequential({
        layers: [
          tf.layers.conv2d({
            name: 'c',
            filters: 4,
            kernelSize: 3,
            inputShape: [6, 6, 3],
            kernelInitializer: 'ones',
          }),
          tf.layers.batchNormalization({ name: 'bn', momentum: 0.8, epsilon: 1e-3 }),
          tf.layers.activation({ activation: 'relu' }),
          tf.layers.flatten(),
          tf.layers.batchNormalization({ name: 'bn_flat' }),
        ],
      });
      randomizeBatchNorm(model);
      return model;
    };
    const [ours, theirs] = [build(), build()];
    const x = randomImages([4, 6, 6, 3]);
    const call = (input: tf.Tensor): tf.Tensor => {
      const output = theirs.apply(input, { training: true });
      assert.ok(output instanceof tf.Tensor);
      return output;
    };
    assertClose(forward(ours, x, train), call(x), 1e-3);
    const updating = { batchNorm: 'train', updateStatistics: true } as const;
    tf.tidy(() => forward(ours, x, updating));
    for (const layer of ['bn', 'bn_flat']) {
      weightsOf(ours, layer).forEach((values, i) => {
        assertClose(values, weightsOf(theirs, layer)[i] ?? []);
      });
    }
    const weight = randomImages([4, 64], 5);
    const gradient = (f: (x: tf.Tensor) => tf.Tensor): tf.Tensor => tf.grad((z) => f(z).mul(weight).sum())(x);
    assertClose(
      gradient((z) => forward(ours, z, train)),
      gradient(call),
      1e-3,
    );
  });

  it('leaves the moving averages alone unless asked, and a frozen BatchNorm always', () => {
    const model = smallModel('small-cnn');
    const x = randomImages([4, 8, 8, 3]);
    const [frozen, moving] = [weightsOf(model, 'input_normalization'), weightsOf(model, 'bn1')];
    tf.tidy(() => forward(model, x, train));
    assert.deepEqual(weightsOf(model, 'bn1'), moving);
    tf.tidy(() => forward(model, x, { batchNorm: 'train', updateStatistics: true }));
    assert.notDeepEqual(weightsOf(model, 'bn1'), moving);
    assert.deepEqual(weightsOf(model, 'input_normalization'), frozen);
    model.getLayer('bn1').trainable = false;
    const then = weightsOf(model, 'bn1');
    tf.tidy(() => forward(model, x, { batchNorm: 'train', updateStatistics: true }));
    assert.deepEqual(weightsOf(model, 'bn1'), then);
  });

  it('runs shared layers, nested models and a BatchNorm that is read twice', () => {
    const inner = tf.sequential({
      layers: [
        tf.layers.dense({ units: 5, inputShape: [6], activation: 'tanh' }),
        tf.layers.batchNormalization(),
      ],
    });
    const input = tf.input({ shape: [6] });
    const shared = tf.layers.dense({ units: 6 });
    const symbol = (
      value: tf.Tensor | tf.Tensor[] | tf.SymbolicTensor | tf.SymbolicTensor[],
    ): tf.SymbolicTensor => {
      assert.ok(value instanceof tf.SymbolicTensor);
      return value;
    };
    const twice = symbol(shared.apply(symbol(shared.apply(input))));
    const normalized = symbol(tf.layers.batchNormalization().apply(twice));
    const activated = symbol(tf.layers.reLU().apply(normalized));
    const joined = symbol(
      tf.layers.concatenate().apply([normalized, activated, symbol(inner.apply(activated))]),
    );
    const model = tf.model({ inputs: input, outputs: joined });
    randomizeBatchNorm(model);
    const x = randomImages([3, 6]);
    assertClose(forward(model, x, evaluate), predict(model, x));
  });

  it('differentiates dilated convolutions, which a layer of TF.js refuses', async () => {
    const model = tf.sequential({
      layers: [
        tf.layers.conv2d({ filters: 4, kernelSize: 3, dilationRate: 2, inputShape: [8, 8, 3] }),
        tf.layers.conv2d({
          filters: 8,
          kernelSize: [2, 3],
          dilationRate: [2, 1],
          padding: 'same',
          activation: 'elu',
        }),
        tf.layers.depthwiseConv2d({ kernelSize: 2, dilationRate: 2, useBias: false }),
        tf.layers.globalAveragePooling2d({}),
      ],
    });
    const x = randomImages([2, 8, 8, 3]);
    assertClose(forward(model, x, evaluate), predict(model, x));
    const loss = (images: tf.Tensor): tf.Tensor => forward(model, images, evaluate).square().sum();
    const expected = tf.grad(loss)(x);
    const device = await OnnxCpuDevice.open({ threads: 1 });
    const program = device.compile('dilated', (images) => [tf.grad(loss)(images)]);
    const [gradient] = await program.run(float32(Float32Array.from(x.dataSync()), [2, 8, 8, 3]));
    assertClose(tf.tensor(gradient?.data ?? [], x.shape), expected);
    await device.dispose();
    model.dispose();
  });

  it('names the layer whose op a device cannot compile', async () => {
    const model = tf.sequential({
      layers: [
        tf.layers.averagePooling3d({ name: 'pool3d', poolSize: 2, inputShape: [4, 4, 4, 3] }),
        tf.layers.flatten(),
      ],
    });
    const device = await OnnxCpuDevice.open({ threads: 1 });
    const program = device.compile('volumes', (x) => [forward(model, x, evaluate)]);
    await assert.rejects(
      program.run(float32(new Float32Array(192), [1, 4, 4, 4, 3])),
      (error) =>
        error instanceof M2atError &&
        error.code === 'unsupported' &&
        /^src\/core\/models\/layers-model\/forward\.ts:\d+ \(pool3d\)$/.test(error.where ?? ''),
    );
    await device.dispose();
    model.dispose();
  });

  it('lets Dropout pass in eval mode and refuses to train with it', () => {
    const model = tf.sequential({
      layers: [
        tf.layers.dropout({ name: 'drop', rate: 0.5, inputShape: [4] }),
        tf.layers.dropout({ rate: 0 }),
        tf.layers.dense({ units: 2 }),
      ],
    });
    const x = randomImages([2, 4]);
    assertClose(forward(model, x, evaluate), predict(model, x));
    assert.throws(
      () => forward(model, x, train),
      (error: unknown) =>
        error instanceof M2atError && error.code === 'unsupported' && error.where === 'layer drop',
    );
  });

  it('gives the same logits, input gradient and moving averages when it is compiled', async () => {
    const [compiled, eager] = [smallModel('preact-resnet'), smallModel('preact-resnet')];
    const step =
      (model: tf.LayersModel) =>
      (x: tf.Tensor): tf.Tensor[] => {
        const logits = forward(model, x, { batchNorm: 'train', updateStatistics: true });
        const gradient = tf.grad((z) => forward(model, z, train).square().sum())(x);
        return [logits, gradient];
      };
    const x = randomImages([4, 8, 8, 3]);
    const expected = step(eager)(x);
    const device = await OnnxCpuDevice.open({ threads: 1 });
    const program = device.compile('forward', (input) => step(compiled)(input));
    try {
      const actual = await program.run(float32(x.dataSync<'float32'>(), x.shape));
      actual.forEach((output, i) => {
        assertClose(output.data, expected[i] ?? [], 1e-3);
      });
      for (const layer of ['stage1_block1_bn1', 'final_bn']) {
        weightsOf(compiled, layer).forEach((values, i) => {
          assertClose(values, weightsOf(eager, layer)[i] ?? []);
        });
      }
    } finally {
      await program.dispose();
      await device.dispose();
    }
  });
});
