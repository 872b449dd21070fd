import assert from 'node:assert/strict';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { onnx } from 'onnx-proto';
import { findInputSpec } from '../../../../src/core/models/input/input-spec';
import { loadForwardOnly } from '../../../../src/core/models/onnx/forward-only';
import { loadOnnxModel } from '../../../../src/core/models/onnx/load-onnx-model';
import { logitsOf } from '../../../../src/core/models/input/prepare-input';
import { assertClose, deviceWith, noise, runOn } from '../../engine/engine-fixture';
import { floats, ints, modelProto, scalar } from './build-model';
import { fixtureFile, readFixture } from './fixtures';
import { onnxFolder, small } from './onnx-folder';

describe('ONNX files', () => {
  const at = onnxFolder();

  describe('what the file says', () => {
    it('shape, layout, classes, metadata and weights', async () => {
      await at.write({
        ...modelProto(small),
        metadataProps: [{ key: 'classes', value: 'a,b' }],
        docString: 'small',
      });
      const before = tf.memory().numTensors;
      const model = await loadOnnxModel(at.file);
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
      await at.write({
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
      const model = await loadOnnxModel(at.file);
      const direct = await loadForwardOnly(at.file, { threads: 1 });
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
      await at.write({
        ...small,
        outputs: [
          { name: 'p', shape: ['n', 4, 1, 1] },
          { name: 'logits', shape: ['n', 5] },
        ],
      });
      const model = await loadOnnxModel(at.file);
      assert.deepEqual(
        tf.tidy(() => model.forward(tf.zeros([2, 3, 6, 6])).shape),
        [2, 5],
      );
      model.dispose();
    });

    it('logits in front of a softmax', async () => {
      await at.write({
        ...small,
        nodes: [
          ...small.nodes,
          { op: 'Softmax', inputs: ['logits'], outputs: ['soft'], attributes: { axis: -1 } },
          { op: 'Identity', inputs: ['soft'], outputs: ['scores'] },
        ],
        outputs: [{ name: 'scores', shape: ['n', 5] }],
      });
      const soft = await loadOnnxModel(at.file);
      await at.write(small);
      const plain = await loadOnnxModel(at.file);
      assert.equal(soft.outputs, 'probabilities');
      assert.equal(plain.outputs, 'logits');
      const x = tf.tensor(noise([2, 3, 6, 6]).data, [2, 3, 6, 6]);
      const values = (y: tf.Tensor | undefined): number[] => [...(y?.dataSync() ?? [])];
      assert.deepEqual(values(soft.logits?.(x)), values(plain.forward(x)));
      assert.deepEqual(values(soft.forward(x)), values(tf.softmax(plain.forward(x))));
      soft.dispose();
      plain.dispose();
    });

    it('logits in front of a softmax that a reshape follows; probabilities where the sidecar says so', async () => {
      await at.write({
        ...small,
        nodes: [
          ...small.nodes,
          { op: 'Unsqueeze', inputs: ['logits', 'axes'], outputs: ['wide'] },
          { op: 'Softmax', inputs: ['wide'], outputs: ['soft'], attributes: { axis: 1 } },
          { op: 'Flatten', inputs: ['soft'], outputs: ['scores'] },
        ],
        tensors: [...(small.tensors ?? []), ints('axes', [2, 3])],
        outputs: [{ name: 'scores', shape: ['n', 5] }],
      });
      const soft = await loadOnnxModel(at.file);
      const x = tf.tensor(noise([2, 3, 6, 6]).data, [2, 3, 6, 6]);
      assert.equal(soft.outputs, 'probabilities');
      const logits = soft.logits?.(x);
      assert.ok(logits);
      assert.deepEqual(logits.shape, [2, 5]);
      const close = (a: tf.Tensor, b: tf.Tensor): boolean =>
        (tf.max(tf.abs(tf.sub(a, b))).dataSync()[0] ?? 1) < 1e-6;
      assert.ok(close(tf.softmax(logits), soft.forward(x)));
      soft.dispose();

      // A softmax that can't be told from arithmetic.
      await at.write({
        ...small,
        nodes: [
          ...small.nodes,
          { op: 'Softmax', inputs: ['logits'], outputs: ['soft'] },
          { op: 'Mul', inputs: ['soft', 'one'], outputs: ['scores'] },
        ],
        tensors: [...(small.tensors ?? []), scalar('one', 1)],
        outputs: [{ name: 'scores', shape: ['n', 5] }],
      });
      const hidden = await loadOnnxModel(at.file);
      const { spec } = await findInputSpec(at.file, hidden);
      const images = tf.tensor(noise([2, 6, 6, 3]).data, [2, 6, 6, 3]);
      const forward = hidden.forward(tf.transpose(images, [0, 3, 1, 2]));
      assert.ok(close(logitsOf(hidden, spec)(images), forward));
      assert.ok(close(logitsOf(hidden, { ...spec, outputs: 'probabilities' })(images), tf.log(forward)));
      hidden.dispose();
    });

    it('any batch: weights that are reshaped to the declared one stay what they are', async () => {
      await at.write({
        ...small,
        input: [1, 3, 6, 6],
        nodes: [
          { op: 'Conv', inputs: ['x', 'k'], outputs: ['c'] },
          { op: 'Reshape', inputs: ['scale', 'shape'], outputs: ['channels'] },
          { op: 'Mul', inputs: ['c', 'channels'], outputs: ['m'] },
          { op: 'GlobalAveragePool', inputs: ['m'], outputs: ['p'] },
          { op: 'Reshape', inputs: ['p', 'rows'], outputs: ['f'] },
          { op: 'Gemm', inputs: ['f', 'w', 'b'], outputs: ['logits'] },
        ],
        tensors: [
          ...(small.tensors ?? []),
          floats('scale', noise([4], 9)),
          ints('shape', [1, -1, 1, 1]),
          ints('rows', [1, 4]),
        ],
        outputs: [{ name: 'logits', shape: [1, 5] }],
      });
      const model = await loadOnnxModel(at.file);
      const x = tf.tensor4d(noise([4, 3, 6, 6]).data, [4, 3, 6, 6]);
      const together = model.forward(x).dataSync();
      const alone = tf.concat(tf.split(x, 4).map((image) => model.forward(image))).dataSync();
      assert.ok(together.every((value, i) => Math.abs(value - (alone[i] ?? NaN)) < 1e-5));
      model.dispose();
    });

    it('a squeeze that names no axes, where the batch is open', async () => {
      await at.write({
        ...small,
        nodes: small.nodes.map((node) => (node.op === 'Flatten' ? { ...node, op: 'Squeeze' } : node)),
      });
      const model = await loadOnnxModel(at.file);
      assert.equal(model.classes, 5);
      model.dispose();
    });

    it('any size of images, where the file leaves it open', async () => {
      await at.write({ ...small, input: ['n', 3, 'h', 'w'], outputs: [{ name: 'logits' }] });
      const model = await loadOnnxModel(at.file);
      assert.deepEqual(model.inputShape, [null, 3, null, null]);
      assert.equal(model.classes, 5);
      assert.deepEqual(
        tf.tidy(() => model.forward(tf.zeros([2, 3, 9, 7])).shape),
        [2, 5],
      );
      model.dispose();
    });

    it('one score an image', async () => {
      await at.write({
        input: ['n', 3, 6, 6],
        nodes: [{ op: 'ReduceMean', inputs: ['x'], attributes: { axes: [1, 2, 3], keepdims: 0 } }],
      });
      const model = await loadOnnxModel(at.file);
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
      await at.write({
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
      const model = await loadOnnxModel(at.file);
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
      await at.write(model);
      await writeFile(path.join(at.folder, 'model', content), Buffer.concat(parts));
    }

    it('gives the same logits', async () => {
      await splitFixture('weights.bin');
      const { images, logits } = await readFixture('mixed');
      const model = await loadOnnxModel(at.file);
      const program = (...[x]: tf.Tensor[]): tf.Tensor[] => (x ? [model.forward(x)] : []);
      assertClose(
        await runOn(await deviceWith('portable'), 'external', program, [images]),
        [logits],
        'logits',
      );
      model.dispose();
      const direct = await loadForwardOnly(at.file, { threads: 1 });
      assertClose([await direct.logits(images)], [logits], 'ONNX Runtime');
      await direct.dispose();
    });

    for (const location of ['../weights.bin', '/etc/passwd', 'C:\\weights.bin', '..\\weights.bin', '.']) {
      it(`not outside the folder: ${location}`, async () => {
        await splitFixture(location);
        const message = /outside the model's folder/;
        await at.refused('checkpoint', message, false);
        await assert.rejects(loadForwardOnly(at.file), message);
      });
    }

    it('not through a link', async function () {
      if (process.platform === 'win32') this.skip();
      await splitFixture('link.bin');
      await writeFile(path.join(at.folder, 'secret'), new Uint8Array(100_000));
      await symlink(path.join(at.folder, 'secret'), path.join(at.folder, 'model', 'link.bin'));
      await at.refused('checkpoint', /the link "link.bin" leads outside/, false);
      await assert.rejects(loadForwardOnly(at.file), /leads outside/);
    });

    it('missing or cut off', async () => {
      await splitFixture('other.bin');
      await at.refused('checkpoint', /the weight file other.bin is missing/, false);
      await splitFixture('weights.bin');
      await writeFile(path.join(at.folder, 'model', 'weights.bin'), new Uint8Array(100));
      await at.refused('checkpoint', /ends at \d+, the file weights.bin at 100/, false);
    });
  });
});
