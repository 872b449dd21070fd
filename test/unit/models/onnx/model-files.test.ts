import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { onnx } from 'onnx-proto';
import { currentBackend } from '../../../../src/core/engine/current-backend';
import type { NdArray } from '../../../../src/core/engine/nd-array';
import { M2atError, type ErrorCode } from '../../../../src/core/errors';
import { loadForwardOnly } from '../../../../src/core/models/onnx/forward-only';
import { loadOnnxModel } from '../../../../src/core/models/onnx/load-onnx-model';
import { assertClose, deviceWith, noise, runOn } from '../../engine/engine-fixture';
import { encode, floats, ints, modelProto, scalar, type ModelOf } from './build-model';
import { fixtureFile, readFixture } from './fixtures';

/** Logits of a small network: pooled channels times a matrix. */
const small: ModelOf = {
  opset: 13,
  input: ['n', 3, 6, 6],
  nodes: [
    { op: 'Conv', inputs: ['x', 'k'], outputs: ['c'], name: '/features/conv' },
    { op: 'GlobalAveragePool', inputs: ['c'], outputs: ['p'] },
    { op: 'Flatten', inputs: ['p'], outputs: ['f'] },
    { op: 'Gemm', inputs: ['f', 'w', 'b'], outputs: ['logits'] },
  ],
  tensors: [floats('k', noise([4, 3, 3, 3])), floats('w', noise([4, 5])), floats('b', noise([5]))],
  outputs: [{ name: 'logits', shape: ['n', 5] }],
};

describe('ONNX files', () => {
  let folder = '';
  let file = '';
  before(() => {
    currentBackend();
  });
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'm2at-onnx-'));
    await mkdir(path.join(folder, 'model'));
    file = path.join(folder, 'model', 'model.onnx');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const write = (model: ModelOf | onnx.IModelProto): Promise<void> =>
    writeFile(file, encode('nodes' in model ? modelProto(model) : model));

  async function refused(code: ErrorCode, message: RegExp, use = true): Promise<void> {
    await assert.rejects(
      async () => {
        const model = await loadOnnxModel(file);
        try {
          if (use) tf.tidy(() => model.forward(tf.zeros([2, 3, 6, 6])).dataSync());
        } finally {
          model.dispose();
        }
      },
      (error) => {
        assert.ok(error instanceof M2atError, String(error));
        assert.equal(error.code, code, error.message);
        assert.match(error.message, message);
        assert.ok(error.where?.includes(path.join(folder, 'model')), error.message);
        return true;
      },
    );
  }

  describe('what the file says', () => {
    it('shape, layout, classes, metadata and weights', async () => {
      await write({
        ...modelProto(small),
        metadataProps: [{ key: 'classes', value: 'a,b' }],
        docString: 'small',
      });
      const before = tf.memory().numTensors;
      const model = await loadOnnxModel(file);
      assert.deepEqual(model.inputShape, [null, 3, 6, 6]);
      assert.equal(model.layout, 'NCHW');
      assert.equal(model.classes, 5);
      assert.deepEqual(model.metadata, {
        producer: 'test',
        graph: 'graph',
        classes: 'a,b',
        description: 'small',
      });
      assert.deepEqual(
        model.weights.map(({ shape }) => shape),
        [[3, 3, 3, 4], [4, 5], [5]],
      );
      model.dispose();
      assert.equal(tf.memory().numTensors, before);
    });

    it('channels last: a transposition in front, as from Keras', async () => {
      await write({
        ...small,
        input: ['n', 6, 6, 3],
        nodes: [
          { op: 'Sub', inputs: ['x', 'mean'], outputs: ['centred'] },
          { op: 'Transpose', inputs: ['centred'], outputs: ['t'], attributes: { perm: [0, 3, 1, 2] } },
          {
            op: 'Conv',
            inputs: ['t', 'k'],
            outputs: ['c'],
            attributes: { auto_pad: 'SAME_UPPER', strides: [2, 2] },
          },
          { op: 'Relu', inputs: ['c'], outputs: ['r'] },
          { op: 'Transpose', inputs: ['r'], outputs: ['back'], attributes: { perm: [0, 2, 3, 1] } },
          { op: 'ReduceMean', inputs: ['back'], outputs: ['f'], attributes: { axes: [1, 2], keepdims: 0 } },
          { op: 'MatMul', inputs: ['f', 'w'], outputs: ['m'] },
          { op: 'Add', inputs: ['m', 'b'], outputs: ['logits'] },
        ],
        tensors: [...(small.tensors ?? []), floats('mean', noise([3], 6))],
      });
      const model = await loadOnnxModel(file);
      const direct = await loadForwardOnly(file, { threads: 1 });
      assert.equal(model.layout, 'NHWC');
      assert.equal(direct.layout, 'NHWC');
      const x = noise([3, 6, 6, 3], 5);
      const program = (...[images]: tf.Tensor[]): tf.Tensor[] => (images ? [model.forward(images)] : []);
      assertClose(
        await runOn(await deviceWith('blocked'), 'keras', program, [x]),
        [await direct.logits(x)],
        'logits',
      );
      await direct.dispose();
      model.dispose();
    });

    it('the output that is a matrix, where there are several', async () => {
      await write({
        ...small,
        outputs: [
          { name: 'p', shape: ['n', 4, 1, 1] },
          { name: 'logits', shape: ['n', 5] },
        ],
      });
      const model = await loadOnnxModel(file);
      assert.deepEqual(
        tf.tidy(() => model.forward(tf.zeros([2, 3, 6, 6])).shape),
        [2, 5],
      );
      model.dispose();
    });

    it('logits in front of a softmax', async () => {
      await write({
        ...small,
        nodes: [
          ...small.nodes,
          { op: 'Softmax', inputs: ['logits'], outputs: ['soft'], attributes: { axis: -1 } },
          { op: 'Identity', inputs: ['soft'], outputs: ['scores'] },
        ],
        outputs: [{ name: 'scores', shape: ['n', 5] }],
      });
      const soft = await loadOnnxModel(file);
      await write(small);
      const plain = await loadOnnxModel(file);
      assert.equal(soft.outputs, 'probabilities');
      assert.equal(plain.outputs, 'logits');
      const x = tf.tensor(noise([2, 3, 6, 6]).data, [2, 3, 6, 6]);
      const values = (y: tf.Tensor | undefined): number[] => [...(y?.dataSync() ?? [])];
      assert.deepEqual(values(soft.logits?.(x)), values(plain.forward(x)));
      assert.deepEqual(values(soft.forward(x)), values(tf.softmax(plain.forward(x))));
      soft.dispose();
      plain.dispose();
    });

    it('any size of images, where the file leaves it open', async () => {
      await write({ ...small, input: ['n', 3, 'h', 'w'], outputs: [{ name: 'logits' }] });
      const model = await loadOnnxModel(file);
      assert.deepEqual(model.inputShape, [null, 3, null, null]);
      assert.equal(model.classes, 5);
      assert.deepEqual(
        tf.tidy(() => model.forward(tf.zeros([2, 3, 9, 7])).shape),
        [2, 5],
      );
      model.dispose();
    });

    it('one score an image', async () => {
      await write({
        input: ['n', 3, 6, 6],
        nodes: [{ op: 'ReduceMean', inputs: ['x'], attributes: { axes: [1, 2, 3], keepdims: 0 } }],
      });
      const model = await loadOnnxModel(file);
      assert.deepEqual(
        tf.tidy(() => model.forward(tf.zeros([2, 3, 6, 6])).shape),
        [2, 1],
      );
      model.dispose();
    });

    it('half precision and lists of numbers', async () => {
      const half = (name: string, bits: number[], dims: number[]): onnx.ITensorProto => ({
        name,
        dims,
        dataType: 10,
        int32Data: bits,
      });
      await write({
        input: ['n', 3, 6, 6],
        nodes: [
          { op: 'ReduceMean', inputs: ['x'], outputs: ['f'], attributes: { axes: [2, 3], keepdims: 0 } },
          { op: 'MatMul', inputs: ['f', 'w'], outputs: ['m'] },
          { op: 'Add', inputs: ['m', 'b'] },
        ],
        // 1, -2, 0.5, 0, 2^-24, 65504
        tensors: [
          half('w', [0x3c00, 0xc000, 0x3800, 0, 1, 0x7bff], [3, 2]),
          { name: 'b', dims: [2], dataType: 11, doubleData: [0.25, 1] },
        ],
      });
      const model = await loadOnnxModel(file);
      const y = tf.tidy(() => [...model.forward(tf.ones([1, 3, 6, 6])).dataSync()]);
      assert.deepEqual(y, [1.75 + 2 ** -24, 65503].map(Math.fround));
      model.dispose();
    });
  });

  describe('external data', () => {
    /** Moves every weight of a fixture into another file. */
    async function splitFixture(location: string, content = 'weights.bin'): Promise<void> {
      const model = onnx.ModelProto.decode(await readFile(fixtureFile('mixed')));
      const parts: Uint8Array[] = [];
      let offset = 0;
      for (const tensor of model.graph?.initializer ?? []) {
        const raw = Uint8Array.from(tensor.rawData ?? []);
        tensor.rawData = new Uint8Array();
        tensor.dataLocation = onnx.TensorProto.DataLocation.EXTERNAL;
        tensor.externalData = Object.entries({ location, offset, length: raw.length }).map(
          ([key, value]) => ({ key, value: `${value}` }),
        );
        parts.push(raw);
        offset += raw.length;
      }
      await write(model);
      await writeFile(path.join(folder, 'model', content), Buffer.concat(parts));
    }

    it('gives the same logits', async () => {
      await splitFixture('weights.bin');
      const { images, logits } = await readFixture('mixed');
      const model = await loadOnnxModel(file);
      const program = (...[x]: tf.Tensor[]): tf.Tensor[] => (x ? [model.forward(x)] : []);
      assertClose(
        await runOn(await deviceWith('portable'), 'external', program, [images]),
        [logits],
        'logits',
      );
      model.dispose();
      const direct = await loadForwardOnly(file, { threads: 1 });
      assertClose([await direct.logits(images)], [logits], 'ONNX Runtime');
      await direct.dispose();
    });

    for (const location of ['../weights.bin', '/etc/passwd', 'C:\\weights.bin', '..\\weights.bin', '.']) {
      it(`not outside the folder: ${location}`, async () => {
        await splitFixture(location);
        const message = /outside the model's folder/;
        await refused('checkpoint', message, false);
        await assert.rejects(loadForwardOnly(file), message);
      });
    }

    it('not through a link', async function () {
      if (process.platform === 'win32') this.skip();
      await splitFixture('link.bin');
      await writeFile(path.join(folder, 'secret'), new Uint8Array(100_000));
      await symlink(path.join(folder, 'secret'), path.join(folder, 'model', 'link.bin'));
      await refused('checkpoint', /the link "link.bin" leads outside/, false);
      await assert.rejects(loadForwardOnly(file), /leads outside/);
    });

    it('missing or cut off', async () => {
      await splitFixture('other.bin');
      await refused('checkpoint', /the weight file other.bin is missing/, false);
      await splitFixture('weights.bin');
      await writeFile(path.join(folder, 'model', 'weights.bin'), new Uint8Array(100));
      await refused('checkpoint', /ends at \d+, the file weights.bin at 100/, false);
    });
  });

  describe('what is refused', () => {
    it('an op that is not understood: op, node, opset, and what works', async () => {
      await write({
        ...small,
        nodes: small.nodes.map((node) =>
          node.op === 'Flatten' ? { ...node, op: 'Det', name: 'head/det' } : node,
        ),
      });
      await refused(
        'unsupported',
        /the op Det \(node head\/det, opset 13\)\nAttacks that need only forward passes \(Square/,
        false,
      );
    });

    it('an op of another domain', async () => {
      await write({
        ...small,
        nodes: small.nodes.map((node) => (node.op === 'Flatten' ? { ...node, domain: 'com.example' } : node)),
      });
      await refused('unsupported', /the op com\.example\.Flatten \(node Flatten_2, opset 13\)/, false);
    });

    for (const opset of [9, 10, 22]) {
      it(`opset ${opset}`, async () => {
        await write({ ...small, opset });
        await refused('unsupported', new RegExp(`opset ${opset}, only 11 to 21`), false);
      });
    }

    const nodesOf = (nodes: ModelOf['nodes'], tensors: readonly onnx.ITensorProto[] = []): ModelOf => ({
      ...small,
      nodes,
      tensors: [...(small.tensors ?? []), ...tensors],
      outputs: [{ name: 'y' }],
    });
    const k: onnx.ITensorProto = small.tensors?.[0] ?? {};
    const bad: Readonly<
      Record<string, readonly [model: () => ModelOf | onnx.IModelProto, ErrorCode, RegExp]>
    > = {
      'a circle': [
        () =>
          nodesOf([
            { op: 'Add', inputs: ['x', 'q'], outputs: ['a'] },
            { op: 'Relu', inputs: ['a'], outputs: ['q'] },
            { op: 'Tanh', inputs: ['q'] },
          ]),
        'checkpoint',
        /depends on itself/,
      ],
      'a value from nowhere': [
        () => nodesOf([{ op: 'Add', inputs: ['x', 'q'] }]),
        'checkpoint',
        /nothing makes the value q/,
      ],
      'a value that is made twice': [
        () =>
          nodesOf([
            { op: 'Relu', inputs: ['x'], outputs: ['y'] },
            { op: 'Tanh', inputs: ['x'], outputs: ['y'] },
          ]),
        'checkpoint',
        /the value y is made twice/,
      ],
      'two tensors of one name': [
        () => ({ ...small, tensors: [...(small.tensors ?? []), k] }),
        'checkpoint',
        /two tensors are named k/,
      ],
      'two inputs': [
        () => {
          const model = modelProto(small);
          model.graph?.input?.push({ ...model.graph.input[0], name: 'mask' });
          return model;
        },
        'checkpoint',
        /it has 2 inputs \(x, mask\)/,
      ],
      'an input that is a vector': [
        () => ({ ...small, input: ['n', 48] }),
        'checkpoint',
        /its input x has 2 dimensions/,
      ],
      'no graph': [() => ({ irVersion: 8, opsetImport: [{ version: 13 }] }), 'checkpoint', /it has no graph/],
      'a tensor with too little data': [
        () => ({ ...small, tensors: [{ ...k, dims: [4, 3, 3, 9] }, ...(small.tensors ?? []).slice(1)] }),
        'checkpoint',
        /needs 324 numbers, the file has 432 bytes/,
      ],
      'a negative dimension': [
        () => ({ ...small, tensors: [{ ...k, dims: [-4, 3, 3, 3] }, ...(small.tensors ?? []).slice(1)] }),
        'checkpoint',
        /it has the shape \[-4, 3, 3, 3\]/,
      ],
      'a huge dimension': [
        () => ({
          ...small,
          tensors: [{ ...k, dims: [2 ** 40, 2 ** 20] }, ...(small.tensors ?? []).slice(1)],
        }),
        'checkpoint',
        /needs .* numbers/,
      ],
      'a weight that is no number': [
        () => ({
          ...small,
          tensors: [
            k,
            floats('w', { dtype: 'float32', shape: [4, 5], data: new Float32Array(20).fill(NaN) }),
            ...(small.tensors ?? []).slice(2),
          ],
        }),
        'checkpoint',
        /weight w: holds NaN at 0/,
      ],
      'quantized weights': [
        () => ({ ...small, tensors: [{ ...k, dataType: 17 }, ...(small.tensors ?? []).slice(1)] }),
        'unsupported',
        /elements have the type 17/,
      ],
      'a huge expansion': [
        () =>
          nodesOf(
            [
              { op: 'Expand', inputs: ['x', 's'], outputs: ['e'] },
              { op: 'ReduceMean', inputs: ['e'] },
            ],
            [ints('s', [2 ** 30, 2 ** 30, 1, 1, 1, 1])],
          ),
        'checkpoint',
        /result would have the shape/,
      ],
      'a huge constant': [
        () =>
          nodesOf(
            [
              { op: 'ConstantOfShape', inputs: ['s'], outputs: ['e'] },
              { op: 'Add', inputs: ['x', 'e'] },
            ],
            [ints('s', [2 ** 20, 2 ** 20])],
          ),
        'checkpoint',
        /result would have the shape/,
      ],
      'an endless range': [
        () =>
          nodesOf(
            [
              { op: 'Range', inputs: ['s', 'e', 'd'], outputs: ['r'] },
              { op: 'Add', inputs: ['x', 'r'] },
            ],
            [scalar('s', 0), scalar('e', 1), scalar('d', 0)],
          ),
        'checkpoint',
        /it counts from 0 to 1 by 0/,
      ],
      'a large padding': [
        () => nodesOf([{ op: 'Conv', inputs: ['x', 'k'], attributes: { pads: [9, 9, 2 ** 30, 9] } }]),
        'checkpoint',
        /pads is/,
      ],
      'a window without size': [
        () => nodesOf([{ op: 'MaxPool', inputs: ['x'], attributes: { kernel_shape: [0, 2] } }]),
        'checkpoint',
        /kernel_shape/,
      ],
      'a stride of nothing': [
        () => nodesOf([{ op: 'Conv', inputs: ['x', 'k'], attributes: { strides: [0, 1] } }]),
        'checkpoint',
        /strides/,
      ],
      'filters that do not fit': [
        () => nodesOf([{ op: 'Conv', inputs: ['x', 'k'], attributes: { group: 3 } }]),
        'checkpoint',
        /do not fit 3 channels/,
      ],
      'shapes that do not fit': [
        () => nodesOf([{ op: 'Add', inputs: ['x', 'b'] }]),
        'checkpoint',
        /the shapes \[1, 3, 6, 6\] and \[5\] do not fit/,
      ],
      'a wrong axis': [
        () => nodesOf([{ op: 'Concat', inputs: ['x', 'x'], attributes: { axis: 4 } }]),
        'checkpoint',
        /the axis 4 of 4/,
      ],
      'scores in three dimensions': [
        () => nodesOf([{ op: 'ReduceMean', inputs: ['x'], attributes: { axes: [1], keepdims: 0 } }]),
        'checkpoint',
        /no image classifier: it returns float32 \[1, 6, 6\]/,
      ],
      'training mode': [
        () =>
          nodesOf(
            [{ op: 'Dropout', inputs: ['x', '', 't'] }],
            [{ name: 't', dims: [], dataType: 9, int32Data: [1] }],
          ),
        'unsupported',
        /Dropout in training mode/,
      ],
      'a shape that depends on the image': [
        () =>
          nodesOf([
            { op: 'Cast', inputs: ['x'], outputs: ['i'], attributes: { to: 7 } },
            { op: 'Reshape', inputs: ['x', 'i'] },
          ]),
        'unsupported',
        /Reshape whose shape depends on the image/,
      ],
      'a result that does not depend on the image': [
        () => nodesOf([{ op: 'Relu', inputs: ['b'] }]),
        'checkpoint',
        /does not depend on the image/,
      ],
    };
    for (const [name, [model, code, message]] of Object.entries(bad)) {
      it(name, async () => {
        await write(model());
        await refused(code, message);
      });
    }

    it('images of another size', async () => {
      await write(small);
      const model = await loadOnnxModel(file);
      assert.throws(
        () => tf.tidy(() => model.forward(tf.zeros([2, 3, 6, 7]))),
        /wants images \[N, 3, 6, 6\], not \[2, 3, 6, 7\]/,
      );
      model.dispose();
    });

    it('something else, nothing, a folder', async () => {
      await refused('checkpoint', /can't be read/);
      await writeFile(file, 'no model at all');
      await refused('checkpoint', /no ONNX model/);
      await writeFile(file, '');
      await refused('checkpoint', /no ONNX model/);
      await rm(file);
      await mkdir(file);
      await refused('checkpoint', /no regular file|can't be read/);
    });

    it('a file cut off anywhere', async () => {
      const whole = encode(modelProto(small));
      for (let length = 0; length < whole.length; length += 7) {
        await writeFile(file, whole.subarray(0, length));
        await refused('checkpoint', /./);
      }
    });
  });

  describe('forward passes only', () => {
    it('runs ops that have no gradient here, in batches of the size that the file wants', async () => {
      await write({
        ...small,
        input: [2, 3, 6, 6],
        nodes: [
          ...small.nodes.slice(0, 3),
          { op: 'Gemm', inputs: ['f', 'w', 'b'], outputs: ['g'] },
          { op: 'Hardmax', inputs: ['g'], outputs: ['logits'] },
        ],
        outputs: [{ name: 'logits', shape: [2, 5] }],
      });
      await refused('unsupported', /the op Hardmax/);
      const model = await loadForwardOnly(file, { threads: 1 });
      const x = noise([5, 3, 6, 6], 3);
      const y = await model.logits(x);
      assert.deepEqual(y.shape, [5, 5]);
      const each: NdArray<'float32'>[] = [];
      for (let i = 0; i < 5; i++)
        each.push(
          await model.logits({ ...x, shape: [1, 3, 6, 6], data: x.data.slice(i * 108, (i + 1) * 108) }),
        );
      assert.deepEqual(
        [...y.data],
        each.flatMap(({ data }) => [...data]),
      );
      for (let i = 0; i < 5; i++)
        assert.equal(
          y.data.slice(i * 5, i * 5 + 5).reduce((a, b) => a + b),
          1,
        );
      await model.dispose();
    });

    it('what ONNX Runtime refuses', async () => {
      await write({
        ...small,
        nodes: small.nodes.map((node) => (node.op === 'Flatten' ? { ...node, op: 'Nothing' } : node)),
      });
      await assert.rejects(loadForwardOnly(file), /ONNX Runtime refuses the model: .*Nothing/s);
    });

    it('images of another size', async () => {
      await write(small);
      const model = await loadForwardOnly(file, { threads: 1 });
      await assert.rejects(model.logits(noise([1, 3, 6, 7])), /wants images \[N, 3, 6, 6\]/);
      await model.dispose();
    });
  });
});
