import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { float32 } from '../../../src/core/engine/arrays/nd-array';
import type { FirstStep } from '../../../src/core/models/input/first-steps';
import { loadGraphModel } from '../../support/load-graph-model';
import { asImportedModel } from '../../../src/core/models/layers-model/import-layers-model';
import { findInputSpec } from '../../../src/core/models/input/input-spec';
import { loadForwardOnly } from '../../../src/core/models/onnx/forward-only';
import { loadOnnxModel } from '../../../src/core/models/onnx/load-onnx-model';
import { recognizeInput } from '../../../src/core/models/input/recognize-input';
import { GraphWriter } from '../../support/graph-writer';
import { floats, ints, scalar, type NodeOf } from './onnx/build-model';
import { onnxFolder, small } from './onnx/onnx-folder';

const means = [0.485, 0.456, 0.406];
const stds = [0.229, 0.224, 0.225];
const step = (op: FirstStep['op'], ...by: number[]): FirstStep => ({ op, by });
const near = (found: readonly number[] | undefined, wanted: readonly number[], what: string): void => {
  assert.equal(found?.length, wanted.length, what);
  wanted.forEach((value, i) => {
    assert.ok(
      Math.abs((found[i] ?? NaN) - value) < 2e-3 * Math.max(1, Math.abs(value)),
      `${what}: ${found.join(' ')}`,
    );
  });
};

describe('what the first operations of a network say about its input', () => {
  const cases: readonly [string, FirstStep[], [number, number] | undefined, number[]?, number[]?][] = [
    ['/255', [step('div', 255)], [0, 255]],
    ['*(1/255)', [step('mul', 1 / 255)], [0, 255]],
    ['/256', [step('div', 256)], [0, 255]],
    ['/127.5 - 1', [step('div', 127.5), step('sub', 1)], [0, 255], [0.5], [0.5]],
    ['(x - 127.5) / 127.5', [step('sub', 127.5), step('div', 127.5)], [0, 255], [0.5], [0.5]],
    ['(x - 128) * 0.0078125', [step('sub', 128), step('mul', 1 / 128)], [0, 255], [0.502], [0.502]],
    [
      '/255, means, stds',
      [step('div', 255), step('sub', ...means), step('div', ...stds)],
      [0, 255],
      means,
      stds,
    ],
    ['means, stds', [step('sub', ...means), step('div', ...stds)], [0, 1], means, stds],
    [
      '+(-means), *(1/stds)',
      [step('add', ...means.map((m) => -m)), step('mul', ...stds.map((s) => 1 / s))],
      [0, 1],
      means,
      stds,
    ],
    ['one mean and std', [step('sub', 0.1307), step('div', 0.3081)], [0, 1], [0.1307], [0.3081]],
    [
      'means of 0 to 255',
      [step('sub', 123.675, 116.28, 103.53), step('div', 58.395, 57.12, 57.375)],
      [0, 255],
      means,
      stds,
    ],
    [
      "Caffe's means",
      [step('sub', 103.939, 116.779, 123.68)],
      [0, 255],
      [0.4076, 0.458, 0.485],
      [1 / 255, 1 / 255, 1 / 255],
    ],
    ['*2 - 1', [step('mul', 2), step('sub', 1)], [0, 1], [0.5], [0.5]],
    ['*255', [step('mul', 255)], [0, 1], [0], [1 / 255]],
    ['(x + 1) / 2', [step('add', 1), step('div', 2)], [-1, 1]],
    [
      '(x + 1) / 2, means, stds',
      [step('add', 1), step('mul', 0.5), step('sub', ...means), step('div', ...stds)],
      [-1, 1],
      means,
      stds,
    ],
    ['stds alone', [step('div', ...stds)], [0, 1], [0, 0, 0], stds],
    ['a learned factor', [step('mul', 0.01)], undefined],
    ['a learned offset', [step('add', 7)], undefined],
    ['inverted', [step('rsub', 1)], undefined],
    ['two numbers and three', [step('sub', 1, 2), step('div', 1, 2, 3)], undefined],
    ['nothing', [], undefined],
  ];
  for (const [name, steps, range, mean, std] of cases) {
    it(name, () => {
      const found = recognizeInput(steps);
      assert.deepEqual(found?.range, range);
      assert.equal(found?.normalizes !== undefined, mean !== undefined);
      if (mean && std) {
        near(found?.normalizes?.mean, mean, 'mean');
        near(found?.normalizes?.std, std, 'std');
      }
    });
  }

  it('a Rescaling layer', () => {
    const rescaled = (scale: number, offset: number): ReturnType<typeof asImportedModel> =>
      asImportedModel({
        model: tf.sequential({
          layers: [
            tf.layers.rescaling({ scale, offset, inputShape: [6, 6, 3] }),
            tf.layers.globalAveragePooling2d({}),
            tf.layers.dense({ units: 4 }),
          ],
        }),
        metadata: {},
        modelFile: 'model.json',
      });
    const model = rescaled(1 / 127.5, -1);
    assert.deepEqual(model.inputRange, [0, 255]);
    near(model.normalizes?.mean, [0.5], 'mean');
    model.dispose();
    const other = rescaled(3, 0);
    assert.equal(other.inputRange, undefined);
    other.dispose();
  });

  describe('in an ONNX graph', () => {
    const at = onnxFolder();
    const perChannel = (name: string, values: number[]): ReturnType<typeof floats> =>
      floats(name, float32(Float32Array.from(values), [1, 3, 1, 1]));
    const write = (nodes: NodeOf[], last: string): Promise<void> =>
      at.write({
        ...small,
        nodes: [
          ...nodes,
          ...small.nodes.map((node, i) => (i === 0 ? { ...node, inputs: [last, 'k'] } : node)),
        ],
        tensors: [
          ...(small.tensors ?? []),
          perChannel('means', means),
          perChannel('stds', stds),
          floats('flat', float32(Float32Array.from(stds), [3])),
          ints('shape', [1, 3, 1, 1]),
          scalar('all', 255),
        ],
      });

    it('behind a Cast, with constants as weights and as nodes, also where it only runs forwards', async () => {
      const nodes: NodeOf[] = [
        { op: 'Identity', inputs: ['x'], outputs: ['i'] },
        { op: 'Cast', inputs: ['i'], outputs: ['f32'], attributes: { to: 1 } },
        { op: 'Div', inputs: ['f32', 'all'], outputs: ['unit'] },
        {
          op: 'Constant',
          inputs: [],
          outputs: ['m'],
          attributes: { value: { tensor: perChannel('m', means) } },
        },
        { op: 'Sub', inputs: ['unit', 'm'], outputs: ['centred'] },
        { op: 'Reshape', inputs: ['flat', 'shape'], outputs: ['s'] },
        { op: 'Div', inputs: ['centred', 's'], outputs: ['n'] },
      ];
      await write(nodes, 'n');
      const model = await loadOnnxModel(at.file);
      const { spec, origins, assumed } = await findInputSpec(at.file, model);
      assert.deepEqual(
        [spec.range, spec.mean, origins.range, origins.mean],
        [[0, 255], undefined, 'graph', 'graph'],
      );
      assert.ok(!assumed.includes('range'), 'nobody is asked');
      near(model.normalizes?.mean, means, 'mean');
      near(model.normalizes?.std, stds, 'std');
      model.dispose();
      const forwards = await loadForwardOnly(at.file, { threads: 1 });
      assert.deepEqual(forwards.inputRange, [0, 255]);
      near(forwards.normalizes?.std, stds, 'std');
      await forwards.dispose();
    });

    it('but not what only some of the network does', async () => {
      const nodes: NodeOf[] = [
        { op: 'Div', inputs: ['x', 'all'], outputs: ['unit'] },
        { op: 'Add', inputs: ['unit', 'x'], outputs: ['n'] },
      ];
      await write(nodes, 'n');
      const model = await loadOnnxModel(at.file);
      assert.equal(model.inputRange, undefined);
      model.dispose();
    });
  });

  it('in a graph model', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'm2at-recognized-'));
    try {
      const writer = new GraphWriter();
      const x = writer.input('image', [-1, 6, 6, 3]);
      const scaled = writer.node('scaled', 'Mul', [x, writer.constant('c', [1 / 127.5], [])]);
      const moved = writer.node('moved', 'AddV2', [scaled, writer.constant('o', [-1], [])]);
      const pooled = writer.node('pooled', 'Mean', [moved, writer.ints('axes', [1, 2])]);
      writer.node('probabilities', 'Sigmoid', [pooled]);
      const model = await loadGraphModel(await writer.save(folder, { probabilities: [-1, 3] }));
      assert.deepEqual(model.inputRange, [0, 255]);
      near(model.normalizes?.std, [0.5], 'std');
      assert.equal(model.outputs, undefined, 'a sigmoid is no declared logit');
      model.dispose();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
