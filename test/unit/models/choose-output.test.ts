import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { M2atError } from '../../../src/core/errors';
import { chooseOutput } from '../../../src/core/models/choose-output';
import { loadGraphModel } from '../../support/load-graph-model';
import { asImportedModel } from '../../../src/core/models/layers-model/import-layers-model';
import { loadForwardOnly } from '../../../src/core/models/onnx/forward-only';
import { loadOnnxModel } from '../../../src/core/models/onnx/load-onnx-model';
import { loadClassifier } from '../../../src/core/attacking/classifier';
import { formats } from '../../../src/core/models/formats';
import { GraphWriter } from '../../support/graph-writer';
import { onnxFolder, small } from './onnx/onnx-folder';
import { randomImages } from './support';

describe('the output with the class scores', () => {
  const matrix = (name: string): { name: string; shape: readonly (number | null)[] } => ({
    name,
    shape: [null, 10],
  });
  const chosen = (...names: string[]): string => {
    const { output, because } = chooseOutput(names.map(matrix), undefined, 'net');
    return `${output.name}, ${because}`;
  };

  it('is the one whose name says so', () => {
    assert.equal(chosen('t7'), 't7, only');
    assert.equal(chosen('embedding', 'logits'), 'logits, name');
    assert.equal(chosen('probabilities', 'cls_logits'), 'cls_logits, name');
    assert.equal(chosen('features', 'probs'), 'probs, name');
    assert.equal(chosen('features', 'predictions'), 'predictions, name');
    assert.equal(chosen('features', 'output'), 'output, name');
    assert.equal(chosen('features', 'StatefulPartitionedCall/net/logits/BiasAdd:0').split(',')[1], ' name');
    assert.equal(chosen('t7', 't8'), 't7, first');
  });

  it('is a matrix, where one is', () => {
    const maps = { name: 'logits_map', shape: [null, 10, 8, 8] };
    const { output, because } = chooseOutput([maps, matrix('t7')], undefined, 'net');
    assert.deepEqual([output.name, because], ['t7', 'first']);
  });

  it('is the one that was asked for; a name that is not there is refused with those that are', () => {
    assert.equal(chooseOutput([matrix('a'), matrix('logits')], 'a', 'net').because, 'asked');
    assert.throws(
      () => chooseOutput([matrix('a'), matrix('logits')], 'b', 'net'),
      (error) =>
        error instanceof M2atError &&
        error.code === 'bad-input' &&
        error.hint === 'It has: a [N, 10], logits [N, 10].',
    );
  });

  describe('of an .onnx', () => {
    const at = onnxFolder();
    const several = {
      ...small,
      outputs: [
        { name: 'f', shape: ['n', 4] },
        { name: 'logits', shape: ['n', 5] },
      ],
    };

    it('is found by its name, and the sidecar and a flag come before that', async () => {
      await at.write(several);
      const found = await loadClassifier(formats, at.file);
      assert.deepEqual([found.model.classes, found.spec.outputName], [5, 'logits']);
      assert.ok(found.assumed.includes('outputName'), 'VS Code asks');
      found.model.dispose();
      const sidecar = path.join(path.dirname(at.file), 'model.m2at-model.json');
      await writeFile(sidecar, '{"outputName": "f"}');
      const told = await loadClassifier(formats, at.file);
      assert.deepEqual(
        [told.model.classes, told.spec.outputName, told.origins.outputName],
        [4, 'f', 'sidecar'],
      );
      assert.ok(!told.assumed.includes('outputName'));
      told.model.dispose();
      const flagged = await loadClassifier(formats, at.file, { outputName: 'logits' });
      assert.deepEqual([flagged.model.classes, flagged.origins.outputName], [5, 'flag']);
      flagged.model.dispose();
      await assert.rejects(
        loadClassifier(formats, at.file, { outputName: 'x' }),
        /no output "x".*f \[N, 4\], logits \[N, 5\]/s,
      );
    });

    it('is chosen in the same way where it only runs forwards', async () => {
      await at.write(several);
      for (const [outputName, classes] of [
        [undefined, 5],
        ['f', 4],
      ] as const) {
        const model = await loadForwardOnly(at.file, { threads: 1, outputName });
        assert.equal(model.classes, classes);
        await model.dispose();
      }
    });

    it('counts as logits, as probabilities, or as neither', async () => {
      const ending = async (...nodes: { op: string; inputs: string[] }[]): Promise<string | undefined> => {
        await at.write({
          ...small,
          nodes: [...small.nodes, ...nodes.map((node, i) => ({ ...node, outputs: [`e${i}`] }))],
          outputs: [{ name: nodes.length === 0 ? 'logits' : `e${nodes.length - 1}`, shape: ['n', 5] }],
        });
        const model = await loadOnnxModel(at.file);
        model.dispose();
        return model.outputs;
      };
      const softmax = { op: 'Softmax', inputs: ['logits'] };
      assert.equal(await ending(), 'logits');
      assert.equal(await ending({ op: 'LogSoftmax', inputs: ['logits'] }), 'logits');
      assert.equal(await ending({ op: 'Add', inputs: ['logits', 'b'] }), 'logits');
      assert.equal(await ending(softmax), 'probabilities');
      assert.equal(await ending({ op: 'Sigmoid', inputs: ['logits'] }), undefined);
      assert.equal(await ending(softmax, { op: 'Mul', inputs: ['e0', 'b'] }), undefined);
      assert.equal(await ending(softmax, { op: 'Relu', inputs: ['e0'] }), undefined);
      assert.equal(await ending(softmax, { op: 'Add', inputs: ['e0', 'e0'] }), undefined);
    });
  });

  it('of a graph model', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'm2at-outputs-'));
    try {
      const writer = new GraphWriter();
      const x = writer.input('image', [-1, 6, 6, 3]);
      const features = writer.node('features', 'Mean', [x, writer.ints('axes', [1, 2])]);
      const kernel = writer.constant('kernel', randomImages([3, 5]).dataSync<'float32'>().slice(), [3, 5]);
      writer.node('logits', 'MatMul', [features, kernel]);
      const file = await writer.save(folder, { features: [-1, 3], logits: [-1, 5] });
      for (const [outputName, classes] of [
        [undefined, 5],
        ['features', 3],
      ] as const) {
        const model = await loadGraphModel(file, { outputName });
        assert.equal(model.classes, classes);
        model.dispose();
      }
      await assert.rejects(loadGraphModel(file, { outputName: 'x' }), /no output "x"/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('of a layers model', () => {
    const before = tf.memory().numTensors;
    const build = (): tf.LayersModel => {
      const input = tf.input({ shape: [6, 6, 3] });
      const pooled = tf.layers.globalAveragePooling2d({}).apply(input);
      assert.ok(pooled instanceof tf.SymbolicTensor);
      const logits = tf.layers.dense({ units: 5, name: 'logits' }).apply(pooled);
      const other = tf.layers.dense({ units: 7, name: 'projection' }).apply(pooled);
      assert.ok(logits instanceof tf.SymbolicTensor && other instanceof tf.SymbolicTensor);
      return tf.model({ inputs: input, outputs: [other, logits] });
    };
    for (const [outputName, classes] of [
      [undefined, 5],
      ['projection', 7],
    ] as const) {
      const model = asImportedModel({ model: build(), metadata: {}, modelFile: 'model.json' }, outputName);
      assert.equal(model.classes, classes);
      tf.tidy(() => {
        assert.deepEqual(model.forward(randomImages([2, 6, 6, 3])).shape, [2, classes]);
      });
      model.dispose();
    }
    assert.equal(tf.memory().numTensors, before);
  });
});
