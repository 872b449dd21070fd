import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import * as z from 'zod';
import { float32 } from '../../../src/core/engine/arrays/nd-array';
import { OnnxCpuDevice } from '../../../src/core/engine/devices/onnx-cpu-device';
import { M2atError } from '../../../src/core/errors';
import { forward, type ForwardOptions } from '../../../src/core/models/layers-model/forward';
import { foldedPlanOf, planOf } from '../../../src/core/models/layers-model/graph-plan';
import { assertClose, predict, randomImages, randomizeBatchNorm, sizes, smallModel } from './support';
import { trainableVariables } from '../../../src/core/training/train-step';
import { layouts } from '../engine/engine-fixture';

const evaluate = { batchNorm: 'eval', updateStatistics: false } as const;
const train = { batchNorm: 'train', updateStatistics: false } as const;
const modelName = z.enum(['small-cnn', 'preact-resnet', 'resnet', 'wide-resnet']);

const weightsOf = (model: tf.LayersModel, layer: string): number[][] =>
  model.getLayer(layer).weights.map((weight) => [...weight.read().dataSync()]);

describe('forward', () => {
  /** With the activations that follow something else than a BatchNorm. */
  const networks = { 'small-cnn': 1, 'preact-resnet': 0, resnet: 2, 'wide-resnet': 0 };
  for (const [name, alone] of Object.entries(networks)) {
    it(`agrees with TF.js's own prediction of ${name}, with every ReLU after BatchNorm fused`, () => {
      const model = smallModel(modelName.parse(name));
      const x = randomImages([3, 8, 8, 3]);
      assertClose(forward(model, x, evaluate), predict(model, x));
      const { steps } = planOf(model);
      const relus = (layers: readonly tf.layers.Layer[]): number =>
        layers.filter((layer) => layer.getClassName() === 'ReLU').length;
      assert.equal(relus(steps.map(({ layer }) => layer)), alone);
      assert.equal(steps.filter(({ relu }) => relu).length, relus(model.layers) - alone);
    });
  }

  /** Convolutions whose result a BatchNorm alone reads, in networks whose BatchNorms come after them or before. */
  const convolutions = { 'small-cnn': 4, 'preact-resnet': 3, resnet: 6, 'wide-resnet': 3 };
  for (const [name, count] of Object.entries(convolutions)) {
    it(`folds BatchNorm into the convolutions of ${name}: the same logits and gradient`, () => {
      const model = smallModel(modelName.parse(name));
      const x = randomImages([3, 8, 8, 3]);
      const folded = { ...evaluate, foldNorms: true };
      const { steps } = foldedPlanOf(model);
      assert.equal(steps.filter(({ norm }) => norm).length, count);
      assertClose(forward(model, x, folded), predict(model, x), 1e-5);
      const weight = randomImages([3, 10], 5);
      const gradient = (o: ForwardOptions): tf.Tensor =>
        tf.grad((z) => forward(model, z, o).mul(weight).sum())(x);
      assertClose(gradient(folded), gradient(evaluate), 1e-5);
      // Training looks at the results before the BatchNorm.
      assertClose(forward(model, x, { ...train, foldNorms: true }), forward(model, x, train), 0);
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

  for (const layout of layouts) {
    it(`pads inside of the compiled convolution: same values, both gradients (${layout})`, async () => {
      const build = (): tf.LayersModel => {
        const input = tf.input({ shape: [9, 8, 8] });
        const pad = tf.layers.zeroPadding2d({
          padding: [
            [1, 2],
            [0, 1],
          ],
        });
        const conv = {
          filters: 8,
          kernelSize: 3,
          strides: 2,
          kernelInitializer: 'ones',
          useBias: true,
        } as const;
        const padded = pad.apply(input);
        assert.ok(padded instanceof tf.SymbolicTensor);
        // Two readers of the padded image, and one that reads what a second padding makes.
        const [one, two] = ['one', 'two'].map((name) => {
          const y = tf.layers.conv2d({ name, activation: 'relu', ...conv }).apply(padded);
          assert.ok(y instanceof tf.SymbolicTensor);
          return y;
        });
        assert.ok(one && two);
        const sum = tf.layers.add().apply([one, two]);
        const again = tf.layers.zeroPadding2d({ padding: 1 }).apply(sum);
        const output = tf.layers.conv2d({ name: 'three', filters: 4, kernelSize: 3 }).apply(again);
        assert.ok(output instanceof tf.SymbolicTensor);
        const model = tf.model({ inputs: input, outputs: output });
        for (const { weights } of model.layers)
          weights.forEach((weight, i) => {
            weight.write(randomImages(sizes(weight.shape), i + weights.length).sub(0.5));
          });
        return model;
      };
      const [compiled, eager] = [build(), build()];
      const kinds = planOf(compiled).steps.map(({ layer }) => layer.getClassName());
      assert.deepEqual(kinds.sort(), ['Add', 'Conv2D', 'Conv2D', 'Conv2D']);
      const step =
        (model: tf.LayersModel, f: typeof forward) =>
        (x: tf.Tensor): tf.Tensor[] => {
          const loss = (): tf.Scalar => f(model, x, train).square().sum().asScalar();
          const { grads } = tf.variableGrads(loss, trainableVariables(model));
          const input = tf.grad((z) => f(model, z, train).square().sum())(x);
          return [
            f(model, x, train),
            input,
            ...trainableVariables(model).map(({ name }) => grads[name] ?? x),
          ];
        };
      const x = randomImages([3, 9, 8, 8]);
      const expected = step(eager, predict)(x);
      const device = await OnnxCpuDevice.open({ threads: 1, layout });
      const program = device.compile('padded', (input) => step(compiled, forward)(input));
      try {
        const actual = await program.run(float32(x.dataSync<'float32'>(), x.shape));
        assert.equal(actual.length, 2 + 6);
        actual.forEach((output, i) => {
          assertClose(output.data, expected[i] ?? [], 1e-4);
        });
        step(
          eager,
          forward,
        )(x).forEach((value, i) => {
          assertClose(value, expected[i] ?? [], 1e-5);
        });
      } finally {
        await program.dispose();
        await device.dispose();
      }
    });
  }

  it("moves the running variance towards n / (n - 1) times the batch's, where that is asked for", () => {
    const moved = (shape: number[], variance: 'biased' | 'unbiased'): number[] => {
      const model = tf.sequential({
        layers: [tf.layers.batchNormalization({ name: 'bn', momentum: 0.9, inputShape: shape.slice(1) })],
      });
      tf.tidy(() =>
        forward(model, randomImages(shape), { batchNorm: 'train', updateStatistics: true, variance }),
      );
      return weightsOf(model, 'bn')[3] ?? [];
    };
    const share = (shape: number[]): number[] => {
      const [biased, unbiased] = [moved(shape, 'biased'), moved(shape, 'unbiased')];
      return biased.map((value, i) => ((unbiased[i] ?? 0) - 0.9) / (value - 0.9));
    };
    assertClose(share([2, 3, 2, 4]), Array<number>(4).fill(12 / 11));
    assertClose(share([5, 3]), Array<number>(3).fill(5 / 4));
    assert.deepEqual(moved([1, 1, 1, 2], 'unbiased'), moved([1, 1, 1, 2], 'biased'), 'a single value');
  });
});
