import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { float32 } from '../../../src/core/engine/arrays/nd-array';
import { OnnxCpuDevice } from '../../../src/core/engine/devices/onnx-cpu-device';
import { loadGraphModel } from '../../support/load-graph-model';
import { supportedOps } from '../../../src/core/models/graph/operators';
import { GraphWriter, type Quantization } from '../../support/graph-writer';
import { filter, graphOpCases, sizes, values, window } from './graph-op-cases';
import { flatGraphOps, knownGraphOpCases } from './graph-known-op-cases';
import { assertClose, randomImages } from './support';

/** Ops that TF.js's own interpreter does not know. */
const unknownToTfjs: Readonly<Record<string, (x: tf.Tensor) => tf.Tensor>> = {
  CheckNumerics: (x) => tf.clone(x),
  Inv: (x) => tf.pow(x, -1),
  PreventGradient: (x) => tf.clone(x),
  Softsign: (x) => tf.mul(tf.sign(x), tf.sub(1, tf.div(1, tf.add(1, tf.abs(x))))),
};

describe('ops of graph models', () => {
  let folder = '';
  let device: OnnxCpuDevice;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'm2at-ops-'));
    device = await OnnxCpuDevice.open({ threads: 1 });
    for (const [op, run] of Object.entries(unknownToTfjs)) {
      tf.registerOp(op, ({ inputs: [x] }) => (x ? run(x) : []));
    }
  });
  after(async () => {
    Object.keys(unknownToTfjs).forEach(tf.deregisterOp);
    await device.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  for (const [name, build] of Object.entries({ ...graphOpCases, ...knownGraphOpCases })) {
    it(`${name}: as TF.js's interpreter, compiled and not, and its gradient by differences`, async () => {
      const w = new GraphWriter();
      const y = build(w, w.input('image', [-1, ...sizes.slice(1)]));
      const theirs = await tf.loadGraphModel({ load: () => Promise.resolve(w.artifacts({ [y]: [-1, 2] })) });
      const x = tf.sub(randomImages(sizes), 0.5);
      const raw = theirs.predict(x);
      assert.ok(raw instanceof tf.Tensor);
      // A classifier has an output of rank 2, so each op is one in the middle of a network.
      const count = raw.size / 2;
      w.node('matrix', 'Reshape', [y, w.ints('matrix_shape', [-1, count])]);
      const model = await loadGraphModel(await w.save(path.join(folder, name), { matrix: [-1, count] }));
      const weights = tf.sub(randomImages([2, count], 5), 0.3);
      const loss = (images: tf.Tensor): tf.Tensor => tf.sum(tf.mul(model.forward(images), weights));
      assertClose(model.forward(x), raw, 1e-5);
      const program = device.compile(name, (images) => {
        const { value, grad } = tf.valueAndGrad(loss)(images);
        return [model.forward(images), grad, value];
      });
      const [values, gradient] = await program.run(float32(x.dataSync<'float32'>(), sizes));
      assertClose(values?.data ?? [], raw, 1e-4);
      // Along a random direction, with TF.js's own forward pass.
      const direction = tf.sub(randomImages(sizes, 9), 0.5);
      const at = (distance: number): number => {
        const output = theirs.predict(tf.add(x, tf.mul(direction, distance)));
        assert.ok(output instanceof tf.Tensor);
        return tf.sum(tf.mul(tf.reshape(output, [2, count]), weights)).dataSync()[0] ?? NaN;
      };
      const slope = tf.sum(tf.mul(tf.tensor(gradient?.data ?? [], sizes), direction)).dataSync()[0] ?? NaN;
      const difference = (at(1e-3) - at(-1e-3)) / 2e-3;
      const scale = 1 + Math.abs(difference);
      assert.ok(Math.abs(slope - difference) < 0.02 * scale, `${slope} for ${difference}`);
      if (Object.hasOwn(flatGraphOps, name)) assert.ok(gradient?.data.every((value) => value === 0));
      await program.dispose();
      theirs.dispose();
      model.dispose();
    });
  }

  it('StopGradient lets nothing through', async () => {
    const w = new GraphWriter();
    const image = w.input('image', [-1, 6, 5, 4]);
    const still = w.node('still', 'StopGradient', [image]);
    w.node('mean', 'Mean', [w.node('product', 'Mul', [image, still]), w.ints('axes', [1, 2])]);
    const model = await loadGraphModel(await w.save(path.join(folder, 'stop'), { mean: [-1, 4] }));
    const x = randomImages(sizes);
    assertClose(model.forward(x), tf.mean(tf.square(x), [1, 2]));
    // Of the two factors one counts.
    assertClose(tf.grad((images: tf.Tensor) => tf.sum(model.forward(images)))(x), tf.div(x, 30));
    model.dispose();
  });

  it('every op has a case of its own', () => {
    const named = [...Object.keys(graphOpCases), ...Object.keys(knownGraphOpCases), 'StopGradient'];
    const tested = new Set(named.flatMap((name) => name.split(' ')));
    assert.deepEqual(
      supportedOps('graph-model').filter((op) => !tested.has(op)),
      [],
    );
  });

  it('Conv2D in groups, which TF.js has not', async () => {
    const x = randomImages(sizes);
    const w = new GraphWriter();
    const image = w.input('image', [-1, 6, 5, 4]);
    const conv = w.node('conv', 'Conv2D', [image, filter(w, [3, 3, 2, 6])], window);
    w.node('mean', 'Mean', [conv, w.ints('axes', [1, 2])]);
    const model = await loadGraphModel(await w.save(path.join(folder, 'groups'), { mean: [-1, 6] }));
    const taps = tf.tensor4d(values([3, 3, 2, 6]), [3, 3, 2, 6]);
    const parts = [0, 1].map((group) =>
      tf.conv2d(
        tf.slice(x, [0, 0, 0, 2 * group], [2, 6, 5, 2]).as4D(2, 6, 5, 2),
        tf.slice(taps, [0, 0, 0, 3 * group], [3, 3, 2, 3]),
        1,
        'same',
      ),
    );
    assertClose(model.forward(x), tf.mean(tf.concat(parts, 3), [1, 2]));
    model.dispose();
  });

  it('random numbers: normal and uniform ones, of a computed shape, anew in each run', async () => {
    for (const [op, low] of [
      ['RandomStandardNormal', -Infinity],
      ['RandomUniform', 0],
    ] as const) {
      const w = new GraphWriter();
      const image = w.input('image', [-1, 6, 5, 4]);
      const drawn = w.node('drawn', op, [w.node('shape', 'Shape', [image])], { dtype: { type: 'DT_FLOAT' } });
      const zeros = w.node('zeros', 'ZerosLike', [image]);
      const noisy = w.node('noisy', 'AddV2', [zeros, drawn]);
      w.node('rows', 'Reshape', [noisy, w.ints('rows_shape', [-1, 120])]);
      const model = await loadGraphModel(await w.save(path.join(folder, op), { rows: [-1, 120] }));
      assert.equal(model.random, true);
      const program = device.compile(op, (x) => [model.forward(x)]);
      const images = float32(new Float32Array(8 * 120), [8, 6, 5, 4]);
      const [first, second] = [await program.run(images), await program.run(images)].map(([array]) =>
        Array.from(array?.data ?? []),
      );
      assert.ok(first && second);
      assert.equal(new Set(first).size > 900, true);
      assert.notDeepEqual(first, second);
      const mean = first.reduce((sum, value) => sum + value, 0) / first.length;
      assert.ok(Math.abs(mean - (low === 0 ? 0.5 : 0)) < (low === 0 ? 0.06 : 0.2), `${op}: ${mean}`);
      assert.ok(first.every((value) => value >= low));
      await program.dispose();
      model.dispose();
    }
  });

  it('data in NCHW order', async () => {
    const nchw = { ...window, data_format: { text: 'NCHW' } };
    const build = (channelsFirst: boolean): Promise<string> => {
      const w = new GraphWriter();
      const layout = channelsFirst ? nchw : window;
      const twos = { ints: channelsFirst ? [1, 1, 2, 2] : [1, 2, 2, 1] };
      const image = w.input('image', channelsFirst ? [-1, 3, 6, 8] : [-1, 6, 8, 3]);
      const conv = w.node('conv', 'Conv2D', [image, filter(w, [3, 3, 3, 5])], { ...layout, strides: twos });
      const biased = w.node('biased', 'BiasAdd', [conv, w.constant('bias', values([5]), [5])], {
        data_format: { text: channelsFirst ? 'NCHW' : 'NHWC' },
      });
      const pooled = w.node('pooled', 'MaxPool', [biased], { ...layout, ksize: twos, strides: twos });
      w.node('mean', 'Mean', [pooled, w.ints('axes', channelsFirst ? [2, 3] : [1, 2])]);
      return w.save(path.join(folder, `layout-${channelsFirst}`), { mean: [-1, 5] });
    };
    const [last, first] = [await loadGraphModel(await build(false)), await loadGraphModel(await build(true))];
    assert.equal(last.layout, 'NHWC');
    assert.equal(first.layout, 'NCHW');
    const x = randomImages([2, 6, 8, 3]);
    assertClose(first.forward(tf.transpose(x, [0, 3, 1, 2])), last.forward(x));
  });

  for (const [quantization, tolerance] of [
    ['uint8', 0.01],
    ['uint16', 1e-4],
    ['float16', 2e-3],
  ] as const satisfies readonly (readonly [Quantization, number])[]) {
    it(`weights quantized to ${quantization}`, async () => {
      const w = new GraphWriter();
      const pooled = w.node('pooled', 'Mean', [w.input('image', [-1, 6, 5, 4]), w.ints('axes', [1, 2])]);
      w.node('logits', 'MatMul', [pooled, w.constant('kernel', values([4, 7]), [4, 7])]);
      const outputs = { logits: [-1, 7] };
      const [whole, rough] = [
        await loadGraphModel(await w.save(path.join(folder, 'whole'), outputs)),
        await loadGraphModel(await w.save(path.join(folder, quantization), outputs, quantization)),
      ];
      const x = randomImages(sizes);
      assertClose(rough.forward(x), whole.forward(x), tolerance);
      assert.notDeepEqual(rough.forward(x).arraySync(), whole.forward(x).arraySync());
    });
  }
});
