import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { float32 } from '../../../src/core/engine/arrays/nd-array';
import { OnnxCpuDevice } from '../../../src/core/engine/devices/onnx-cpu-device';
import { M2atError } from '../../../src/core/errors';
import { asImportedModel } from '../../../src/core/models/layers-model/import-layers-model';
import type { ImportedModel } from '../../../src/core/models/imported-model';
import { findInputSpec, rememberInputSpec, type InputSpec } from '../../../src/core/models/input/input-spec';
import { inputSpecJsonSchema } from '../../../src/core/models/input/input-spec-schema';
import { logitsOf, prepareInput } from '../../../src/core/models/input/prepare-input';
import { assertClose, randomImages, smallModel } from './support';

const plain: InputSpec = {
  layout: 'NHWC',
  height: null,
  width: null,
  channels: 3,
  range: [0, 1],
  channelOrder: 'RGB',
  outputs: 'logits',
};

/** A model that says this of itself. */
function modelWith(parts: Partial<ImportedModel>): ImportedModel {
  return {
    format: 'onnx',
    inputShape: [null, 3, 32, 24],
    layout: 'NCHW',
    classes: 10,
    metadata: {},
    weights: [],
    forward: (x) => tf.mean(x, [2, 3]),
    dispose: () => undefined,
    ...parts,
  };
}

describe('what a model wants as input', () => {
  let folder = '';
  let file = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'm2at-spec-'));
    file = path.join(folder, 'net.onnx');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is what its shape says, and the rest is assumed', async () => {
    const { spec, assumed, sidecar } = await findInputSpec(file, modelWith({}));
    assert.equal(sidecar, path.join(folder, 'net.m2at-model.json'));
    const { layout, height, width, channels, range, outputs } = spec;
    assert.deepEqual(
      { layout, height, width, channels },
      { layout: 'NCHW', height: 32, width: 24, channels: 3 },
    );
    assert.deepEqual({ range, outputs }, { range: [0, 1], outputs: 'logits' });
    assert.deepEqual(assumed, ['range', 'outputs']);
  });

  it('is what its metadata says', async () => {
    const metadata = {
      mean: '[0.5, 0.5, 0.5]',
      std: '0.25, 0.25, 0.25',
      names: '{"1": "dog", "0": "cat", "10": "ship"}',
      input_range: '[0, 255]',
      producer: 'pytorch',
    };
    const { spec, assumed } = await findInputSpec(
      file,
      modelWith({ metadata, outputs: 'probabilities', classes: 3 }),
    );
    assert.deepEqual(spec.mean, [0.5, 0.5, 0.5]);
    assert.deepEqual(spec.std, [0.25, 0.25, 0.25]);
    assert.deepEqual(spec.classNames, ['cat', 'dog', 'ship']);
    assert.deepEqual(spec.range, [0, 255]);
    assert.equal(spec.outputs, 'probabilities');
    assert.deepEqual(assumed, []);
  });

  it('is what the user answered once, which wins over the metadata', async () => {
    const model = modelWith({ metadata: { input_range: '[0, 1]' } });
    await rememberInputSpec(file, { range: [-1, 1], outputs: 'probabilities', height: null });
    await rememberInputSpec(file, { mean: [0.1], std: [2], classNames: ['a', 'b'], range: [0, 255] });
    const { spec, assumed } = await findInputSpec(file, model);
    assert.deepEqual(spec.range, [0, 255]);
    assert.deepEqual([spec.mean, spec.std, spec.classNames], [[0.1], [2], ['a', 'b']]);
    assert.equal(spec.outputs, 'probabilities', 'an earlier answer stays');
    assert.deepEqual(assumed, []);
    assert.deepEqual(await readdir(folder), ['net.m2at-model.json']);
  });

  it('has the class names of a dictionary that Python printed, and none of another number', async () => {
    const named = async (
      names: string,
      classes: number | undefined,
    ): Promise<readonly string[] | undefined> =>
      (await findInputSpec(file, modelWith({ metadata: { names }, classes }))).spec.classNames;
    const python = `{0: 'tench, Tinca tinca', 1: "cock's comb", 2: 'it\\'s'}`;
    assert.deepEqual(await named(python, 3), ['tench, Tinca tinca', "cock's comb", "it's"]);
    assert.deepEqual(await named(python, undefined), ['tench, Tinca tinca', "cock's comb", "it's"]);
    assert.equal(await named(python, 4), undefined);
    assert.equal(await named('cat, dog', 3), undefined);
    assert.deepEqual(await named('cat, dog', 2), ['cat', 'dog']);
  });

  it('a softmax behind a reshape is left out like any other', () => {
    const model = tf.sequential({
      layers: [
        tf.layers.globalAveragePooling2d({ inputShape: [6, 6, 3] }),
        tf.layers.reshape({ targetShape: [1, 1, 3] }),
        tf.layers.conv2d({ filters: 4, kernelSize: 1 }),
        tf.layers.activation({ activation: 'softmax' }),
        tf.layers.reshape({ targetShape: [4] }),
      ],
    });
    const imported = asImportedModel({ model, metadata: {}, modelFile: file });
    assert.equal(imported.outputs, 'probabilities');
    const x = randomImages([2, 6, 6, 3]);
    const logits = imported.logits?.(x);
    assert.ok(logits);
    assert.deepEqual(logits.shape, [2, 4]);
    assertClose(tf.softmax(logits), imported.forward(x));
    assert.ok(Math.abs((tf.sum(tf.exp(logits)).dataSync()[0] ?? 2) - 2) > 1e-3, 'not merely the logarithm');
    imported.dispose();
  });

  it('is told by the first and last layer of a layers model', async () => {
    const model = tf.sequential({
      layers: [
        tf.layers.rescaling({ scale: 1 / 127.5, offset: -1, inputShape: [6, 6, 3] }),
        tf.layers.globalAveragePooling2d({}),
        tf.layers.dense({ units: 4, activation: 'softmax' }),
      ],
    });
    const imported = asImportedModel({ model, metadata: {}, modelFile: file });
    const { spec, assumed } = await findInputSpec(file, imported);
    assert.deepEqual(spec.range, [0, 255]);
    assert.equal(spec.outputs, 'probabilities');
    assert.deepEqual(assumed, []);
    const x = randomImages([2, 6, 6, 3]);
    const logits = logitsOf(imported, spec)(x);
    assertClose(tf.softmax(logits), imported.forward(tf.mul(x, 255)));
    assert.notDeepEqual(tf.sum(tf.exp(logits), 1).arraySync(), [1, 1], 'not merely the logarithm');
    imported.dispose();
  });

  it("is known of this project's own checkpoints", async () => {
    const model = smallModel('small-cnn');
    const imported = asImportedModel({ model, metadata: { experiment: 'x' }, modelFile: file });
    const { spec, assumed } = await findInputSpec(file, imported);
    assert.deepEqual([spec.range, spec.mean, spec.outputs, assumed], [[0, 1], undefined, 'logits', []]);
    assert.ok(imported.isOwn);
    imported.dispose();
  });

  const bad: readonly [string, string, RegExp][] = [
    ['no JSON', '{', /no JSON/],
    ['an unknown key', '{"rnge": [0, 1]}', /rnge/],
    ['a range that falls', '{"range": [1, 0]}', /range: must grow/],
    ['a height that is not the model’s', '{"height": 31}', /height: must be 32/],
    ['a mean of two channels', '{"mean": [0, 1]}', /mean: has 2 numbers for 3 channels/],
    ['a std of 0', '{"std": [0]}', /std/],
    ['a list', '[]', /object/],
  ];
  for (const [what, text, expected] of bad) {
    it(`refuses a sidecar with ${what}`, async () => {
      await writeFile(path.join(folder, 'net.m2at-model.json'), text);
      await assert.rejects(
        findInputSpec(file, modelWith({})),
        (error) => error instanceof M2atError && error.code === 'bad-input' && expected.test(error.message),
      );
    });
  }

  it('is not overwritten where it is malformed, nor with a malformed answer', async () => {
    const sidecar = path.join(folder, 'net.m2at-model.json');
    await writeFile(sidecar, '{"range": [0, 1], "mine": 1}');
    await assert.rejects(rememberInputSpec(file, { range: [0, 255] }), /mine/);
    assert.equal(await readFile(sidecar, 'utf8'), '{"range": [0, 1], "mine": 1}');
    await rm(sidecar);
    await assert.rejects(rememberInputSpec(file, { range: [3, 3] }), /range/);
    assert.deepEqual(await readdir(folder), []);
  });

  it('has the schema in media/model.schema.json (npm run schema writes it)', () => {
    const stored: unknown = JSON.parse(readFileSync('media/model.schema.json', 'utf8'));
    assert.deepEqual(stored, inputSpecJsonSchema());
  });
});

describe('prepareInput', () => {
  it('scales, orders and moves channels as PyTorch and Caffe do', () => {
    const x = randomImages([2, 4, 5, 3]);
    const [mean, std] = [
      [0.1, 0.2, 0.3],
      [0.5, 0.6, 0.7],
    ];
    const expected = tf.transpose(tf.div(tf.sub(x, tf.tensor1d(mean)), tf.tensor1d(std)), [0, 3, 1, 2]);
    assertClose(prepareInput({ ...plain, layout: 'NCHW', mean, std })(x), expected);
    const caffe = prepareInput({ ...plain, range: [0, 255], channelOrder: 'BGR', mean: [103, 116, 123] })(x);
    assertClose(caffe, tf.sub(tf.mul(tf.reverse(x, 3), 255), tf.tensor1d([103, 116, 123])));
    assertClose(prepareInput({ ...plain, range: [-1, 1] })(x), tf.sub(tf.mul(x, 2), 1));
    assert.equal(prepareInput(plain)(x), x);
  });

  it('resizes, and gives gray images to a network for colours; refuses the reverse', () => {
    const x = randomImages([2, 4, 6, 1]);
    const y = prepareInput({ ...plain, height: 8, width: 3 })(x);
    assert.deepEqual(y.shape, [2, 8, 3, 3]);
    assertClose(
      tf.slice(y, [0, 0, 0, 2], [2, 8, 3, 1]),
      tf.image.resizeBilinear(x.as4D(2, 4, 6, 1), [8, 3], false, true),
    );
    assert.throws(
      () => prepareInput({ ...plain, channels: 1 })(randomImages([1, 4, 4, 3])),
      (error: unknown) =>
        error instanceof M2atError && error.what.includes('takes 1 channels, the images have 3'),
    );
  });

  it('is differentiable when it is compiled', async () => {
    const spec: InputSpec = {
      ...plain,
      layout: 'NCHW',
      height: 7,
      width: 7,
      range: [0, 255],
      channelOrder: 'BGR',
      mean: [1, 2, 3],
      std: [4],
    };
    const weight = randomImages([1, 3, 7, 7], 3);
    const gradient = (x: tf.Tensor): tf.Tensor =>
      tf.grad((z) => tf.sum(tf.mul(tf.square(prepareInput(spec)(z)), weight)))(x);
    const x = randomImages([1, 5, 4, 3]);
    const device = await OnnxCpuDevice.open({ threads: 1 });
    const [compiled] = await device
      .compile('prepare', (images) => [gradient(images)])
      .run(float32(x.dataSync<'float32'>(), x.shape));
    // TF.js's own gradient of a bilinear resize is wrong with half-pixel centres; the resize is linear.
    const at = (distance: number): number =>
      tf
        .sum(tf.mul(tf.square(prepareInput(spec)(tf.add(x, tf.mul(weightOf(x), distance)))), weight))
        .dataSync()[0] ?? NaN;
    const weightOf = (like: tf.Tensor): tf.Tensor => randomImages([...like.shape], 8);
    const slope = tf.sum(tf.mul(tf.tensor(compiled?.data ?? [], x.shape), weightOf(x))).dataSync()[0] ?? NaN;
    const difference = (at(0.01) - at(-0.01)) / 0.02;
    assert.ok(Math.abs(slope / difference - 1) < 1e-2, `${slope} for ${difference}`);
    await device.dispose();
  });
});
