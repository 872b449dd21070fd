import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { M2atError, type ErrorCode } from '../../../src/core/errors';
import { loadGraphModel } from '../../support/load-graph-model';
import { loadClassifier } from '../../../src/core/attacking/classifier';
import { formats } from '../../../src/core/models/formats';
import { Random } from '../../../src/core/random';
import { GraphWriter } from '../../support/graph-writer';
import { assortment } from '../../support/image-networks';
import { graphOfLayers } from '../../support/layers-to-graph';
import { assertClose, randomImages } from './support';

const outputs = { logits: [-1, 2] };

/** image [N, 4, 4, 3] → mean → a product with `kernel`. */
function small(change: (w: GraphWriter) => string = () => 'image'): GraphWriter {
  const w = new GraphWriter();
  w.input('image', [-1, 4, 4, 3]);
  const x = change(w);
  const mean = w.node('mean', 'Mean', [x, w.ints('axes', [1, 2])]);
  w.node('logits', 'MatMul', [mean, w.constant('kernel', [1, 2, 3, 4, 5, 6], [3, 2])]);
  return w;
}

describe('graph models', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'm2at-refused-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const write = async (json: unknown, bytes: Uint8Array): Promise<void> => {
    await writeFile(path.join(folder, 'model.json'), JSON.stringify(json));
    await writeFile(path.join(folder, 'group1-shard1of1.bin'), bytes);
  };

  const refuses = async (expected: RegExp, code: ErrorCode = 'checkpoint'): Promise<void> => {
    const before = tf.memory().numTensors;
    await assert.rejects(loadGraphModel(folder), (error) => {
      assert.ok(error instanceof M2atError, String(error));
      assert.match(error.message, expected);
      assert.equal(error.code, code);
      return true;
    });
    assert.equal(tf.memory().numTensors, before, 'nothing is left in memory');
  };

  it('load from a folder, say what they are, and give their memory back', async () => {
    await small().save(folder, outputs);
    const before = tf.memory().numTensors;
    const { model, modelFile } = await loadClassifier(formats, folder);
    assert.equal(modelFile, path.join(folder, 'model.json'));
    assert.equal(model.format, 'graph-model');
    assert.deepEqual([model.inputShape, model.layout, model.classes], [[null, 4, 4, 3], 'NHWC', 2]);
    assert.equal(model.metadata.convertedBy, 'TensorFlow.js Converter v4.22.0');
    assert.deepEqual(
      model.weights.map(({ shape }) => shape),
      [[3, 2]],
    );
    model.dispose();
    assert.equal(tf.memory().numTensors, before);
  });

  it('take of several outputs the one of rank 2', async () => {
    await small((w) => w.node('features', 'Relu', ['image'])).save(folder, {
      features: [-1, 4, 4, 3],
      ...outputs,
    });
    const model = await loadGraphModel(folder);
    assert.deepEqual(model.forward(randomImages([5, 4, 4, 3])).shape, [5, 2]);
  });

  it('find their input and output without a signature', async () => {
    const { json, bytes } = small().encode(outputs);
    await write({ ...json, signature: undefined }, bytes);
    const model = await loadGraphModel(folder);
    assert.deepEqual([model.inputShape, model.classes], [[null, 4, 4, 3], 2]);
  });

  it('leave the softmax at their end out for attacks', async () => {
    const w = small();
    w.node('Identity', 'Identity', [w.node('probabilities', 'Softmax', ['logits'])]);
    await w.save(folder, { Identity: [-1, 2] });
    const model = await loadGraphModel(folder);
    const x = randomImages([3, 4, 4, 3]);
    assert.equal(model.outputs, 'probabilities');
    const logits = model.logits?.(x);
    assert.ok(logits);
    assertClose(tf.softmax(logits), model.forward(x));
    assert.notDeepEqual(logits.arraySync(), model.forward(x).arraySync());
  });

  it('leave it out behind a reshape, too, and have no logits of their own where there is none', async () => {
    const w = small();
    const shape = w.ints('shape', [-1, 1, 1, 2]);
    const soft = w.node('probabilities', 'Softmax', [w.node('spread', 'Reshape', ['logits', shape])]);
    w.node('rows', 'Reshape', [soft, w.ints('rows_shape', [-1, 2])]);
    await w.save(folder, { rows: [-1, 2] });
    const model = await loadGraphModel(folder);
    const x = randomImages([3, 4, 4, 3]);
    assert.equal(model.outputs, 'probabilities');
    const logits = model.logits?.(x);
    assert.ok(logits);
    assertClose(tf.softmax(logits), model.forward(x));
    await small().save(folder, outputs);
    assert.ok(!('logits' in (await loadGraphModel(folder))));
  });

  it('name the op and the node that are not supported', async () => {
    await small((w) => w.node('head/boxes', 'NonMaxSuppressionV3', ['image'])).save(folder, outputs);
    await refuses(
      /node head\/boxes \(NonMaxSuppressionV3\): the op NonMaxSuppressionV3 is not supported\n.*score- and decision-based attacks/,
      'unsupported',
    );
  });

  const broken: readonly [string, (w: GraphWriter) => string, RegExp, ErrorCode?][] = [
    [
      'an op on a wrong shape',
      (w) => w.node('y', 'BiasAdd', ['image', w.constant('b', [1, 2], [2])]),
      /node y \(BiasAdd\).*broadcast/,
    ],
    [
      'a product of shapes that do not fit',
      (w) => w.node('y', 'MatMul', ['image', w.constant('m', [1, 2], [1, 2])]),
      /node y \(MatMul\): .*inner shapes/,
    ],
    [
      'a cycle',
      (w) => {
        w.node('a', 'Relu', ['b']);
        return w.node('b', 'Relu', ['a']);
      },
      /node [ab] \(Relu\): the node depends on its own result/,
    ],
    ['a missing node', (w) => w.node('y', 'Relu', ['nobody']), /node y \(Relu\): the node nobody is missing/],
    [
      'two nodes of one name',
      (w) => {
        w.node('y', 'Relu', ['image']);
        return w.node('y', 'Elu', ['image']);
      },
      /node y \(Elu\): two nodes have this name/,
    ],
    [
      'a result that is none',
      (w) => w.node('y', 'Relu', ['image:3']),
      /node y \(Relu\): its input 0 is missing/,
    ],
    [
      'a second input',
      (w) => {
        w.node('other', 'Placeholder', []);
        return w.node('y', 'AddV2', ['image', 'other']);
      },
      /its inputs are (image, other|other, image)/,
    ],
    [
      'a constant without weight',
      (w) => w.node('y', 'AddV2', ['image', w.node('c', 'Const', [])]),
      /node c \(Const\): its weight is missing/,
    ],
    [
      'a tensor of terabytes',
      (w) => w.node('y', 'Tile', ['image', w.ints('r', [1, 1e4, 1e4, 1e4])]),
      /node y \(Tile\): its result would have the shape/,
    ],
    [
      'a padding of gigabytes',
      (w) =>
        w.node('y', 'Pad', ['image', w.constant('p', [0, 0, 60_000, 0, 60_000, 0, 0, 0], [4, 2], 'int32')]),
      /node y \(Pad\): its result would have the shape/,
    ],
    [
      'a vector of gigabytes on the host',
      (w) =>
        w.node('y', 'AddV2', ['image', w.node('f', 'Fill', [w.ints('s', [2e9]), w.constant('v', [1], [])])]),
      /node f \(Fill\)/,
    ],
    [
      'an endless range',
      (w) =>
        w.node('y', 'AddV2', ['image', w.node('r', 'Range', [w.int('a', 0), w.int('b', 5), w.int('c', 0)])]),
      /node r \(Range\): the range is endless/,
    ],
    [
      'a resize to gigapixels',
      (w) => w.node('y', 'ResizeBilinear', ['image', w.ints('size', [8000, 8000])]),
      /node y \(ResizeBilinear\): its result would have the shape/,
    ],
    [
      'a negative shape',
      (w) => w.node('y', 'Reshape', ['image', w.ints('shape', [-1, -7, 4, 3])]),
      /node y \(Reshape\): -7 is not in/,
    ],
    [
      'a shape that depends on pixels',
      (w) =>
        w.node('y', 'Reshape', ['image', w.node('s', 'Cast', ['image'], { DstT: { type: 'DT_INT32' } })]),
      /node y \(Reshape\): the op Reshape whose shape depends on the image is not supported\nConvert/,
      'unsupported',
    ],
    [
      'a pool without a window',
      (w) => w.node('y', 'MaxPool', ['image'], { padding: { text: 'SAME' } }),
      /node y \(MaxPool\): ksize has not 4 entries/,
    ],
    [
      'an unknown padding',
      (w) => w.node('y', 'MaxPool', ['image'], { padding: { text: 'SOME' } }),
      /padding "some" is unknown/,
    ],
    [
      'batch statistics',
      (w) =>
        w.node(
          'y',
          'FusedBatchNormV3',
          ['image', ...['s', 'o', 'm', 'v'].map((name) => w.constant(name, [1, 1, 1], [3]))],
          { is_training: { bool: true } },
        ),
      /training mode is not supported[^]*called with training=False/,
      'unsupported',
    ],
    [
      'a negative axis beyond the rank',
      (w) => w.node('y', 'Max', ['image', w.ints('a', [-7])]),
      /node y \(Max\)/,
    ],
    [
      'an empty result',
      (w) => w.node('y', 'Slice', ['image', w.ints('b', [0, 4, 0, 0]), w.ints('s', [-1, 0, 4, 3])]),
      /node y \(Slice\): its result \[1, 0, 4, 3\] is empty/,
    ],
  ];
  for (const [what, change, expected, code] of broken) {
    it(`are refused with ${what}`, async () => {
      await small(change).save(folder, outputs);
      await refuses(expected, code);
    });
  }

  it('are refused when they return no matrix, or take no image', async () => {
    await small().save(folder, { mean: [-1, 3], image: [-1, 4, 4, 3] });
    assert.equal((await loadGraphModel(folder)).classes, 3);
    await small().save(folder, { image: [-1, 4, 4, 3] });
    await refuses(/no image classifier: it returns \[1, 4, 4, 3\]/);
    const w = new GraphWriter();
    w.node('logits', 'Relu', [w.input('vector', [-1, 7])]);
    await w.save(folder, outputs);
    await refuses(/no image classifier: it takes \[N, 7\]/);
  });

  it('are refused when their weights are damaged', async () => {
    const { json, bytes } = small().encode(outputs);
    await write(json, bytes.subarray(0, bytes.length - 4));
    await refuses(/28 bytes, but the manifest of the model declares 32/);
    const weights = Float32Array.of(1, 2, 3, NaN, 5, 6);
    await write(json, Buffer.concat([bytes.subarray(0, 8), Buffer.from(weights.buffer)]));
    await refuses(/weight kernel holds NaN at 3/);
    const manifest = (weight: object): object => ({
      ...json,
      weightsManifest: [{ paths: ['group1-shard1of1.bin'], weights: [{ name: 'kernel', ...weight }] }],
    });
    await write(manifest({ shape: [2 ** 30, 2 ** 30], dtype: 'float32' }), bytes);
    await refuses(/at most 2147483648 can be read/);
    await write(manifest({ shape: [3, 2], dtype: 'string' }), bytes);
    await refuses(/weight kernel: stored as string/);
    await write(manifest({ shape: [3, 2], dtype: 'float32', quantization: { dtype: 'uint4' } }), bytes);
    await refuses(/weight kernel: its quantization is malformed/);
  });

  it('read nothing outside of their folder', async () => {
    const inside = path.join(folder, 'model');
    await mkdir(inside);
    const { json, bytes } = small().encode(outputs);
    await writeFile(path.join(folder, 'secret.bin'), bytes);
    const named = (paths: string[]): Promise<void> =>
      writeFile(
        path.join(inside, 'model.json'),
        JSON.stringify({ ...json, weightsManifest: [{ paths, weights: [] }] }),
      );
    for (const outside of ['../secret.bin', path.join(folder, 'secret.bin'), 'C:\\secret.bin']) {
      await named([outside]);
      await assert.rejects(loadGraphModel(inside), /points outside the model's folder/);
    }
    if (process.platform === 'win32') return;
    await symlink(path.join(folder, 'secret.bin'), path.join(inside, 'link.bin'));
    await named(['link.bin']);
    await assert.rejects(loadGraphModel(inside), /leads outside the model's folder/);
  });

  it('end with one clear message whatever is changed in their model.json', async () => {
    const { writer, output } = graphOfLayers(assortment());
    const { json, bytes } = writer.encode({ [output]: [-1, 4] });
    await write(json, bytes);
    const text = JSON.stringify(json);
    const random = Random.keyed(4, 'mutations');
    const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random.uniform() * list.length)];
    const numbers = [...text.matchAll(/"?-?\d+(\.\d+)?"?/g)];
    const strings = [...text.matchAll(/"[^"\\]+"/g)];
    const others = [
      '-1',
      '0',
      '999999999',
      '"4000000000"',
      '1e300',
      'null',
      '[]',
      '{}',
      '""',
      '"image"',
      'true',
    ];
    let loaded = 0;
    for (let i = 0; i < 300; i++) {
      const at = pick(i % 2 ? numbers : strings);
      assert.ok(at);
      const value = i % 3 === 2 ? (pick(strings)?.[0] ?? '') : (pick(others) ?? '');
      const mutated = text.slice(0, at.index) + value + text.slice(at.index + at[0].length);
      await writeFile(path.join(folder, 'model.json'), mutated);
      try {
        const model = await loadGraphModel(folder);
        model.dispose();
        loaded++;
      } catch (error) {
        assert.ok(
          error instanceof M2atError && error.code !== 'internal',
          `${mutated.slice(at.index - 80, at.index + 80)}: ${String(error)}`,
        );
        assert.ok(error.where?.startsWith(folder), error.message);
      }
    }
    assert.ok(loaded > 0 && loaded < 290, `${loaded} loaded`);
  }).timeout(60_000);
});
