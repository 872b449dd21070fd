import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import * as ort from '../../../../src/core/engine/runtime/onnx-runtime';
import { float32 } from '../../../../src/core/engine/arrays/nd-array';
import { readOnnxGraph } from '../../../../src/core/models/onnx/read-graph';
import { runNodes } from '../../../../src/core/models/graph/run-nodes';
import { Weights } from '../../../../src/core/models/graph/weights';
import { deviceWith, layouts, noise, runOn } from '../../engine/engine-fixture';
import { encode, floats, modelProto, scalar, type NodeOf } from './build-model';

const special = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 7];

const of = (op: string, ...inputs: string[]): NodeOf => ({ op, inputs });

/** What could be folded, or hide a NaN: each on x, [1, 8, 1, 1]. */
const nodes: readonly NodeOf[] = [
  of('Mul', 'x', 'zero'),
  of('Mul', 'zero', 'x'),
  of('Mul', 'x', 'zeros'),
  of('Mul', 'x', 'filled'),
  of('Mul', 'wide', 'zero'),
  of('Sub', 'x', 'x'),
  of('Div', 'x', 'x'),
  of('Div', 'zero', 'x'),
  of('Div', 'x', 'zero'),
  of('Add', 'x', 'zero'),
  of('Mul', 'x', 'unit'),
  of('Pow', 'x', 'zero'),
  of('Pow', 'x', 'two'),
  of('Pow', 'unit', 'x'),
  of('Max', 'x', 'zero'),
  of('Min', 'x', 'zero'),
  of('Relu', 'x'),
  of('LeakyRelu', 'x'),
  of('PRelu', 'x', 'two'),
  of('Elu', 'x'),
  { ...of('Celu', 'x'), attributes: { alpha: { float: 0.5 } } },
  of('Clip', 'x', 'minus', 'two'),
  of('Clip', 'x', 'two', 'minus'),
  of('HardSigmoid', 'x'),
  of('HardSwish', 'x'),
  of('Softsign', 'x'),
  of('ThresholdedRelu', 'x'),
  of('Where', 'positive', 'zero', 'x'),
  { ...of('ReduceLogSumExp', 'x'), attributes: { axes: [2] } },
  { ...of('ReduceL2', 'x'), attributes: { axes: [2] } },
  { ...of('Mod', 'x', 'two'), attributes: { fmod: 1 } },
];

describe('ONNX ops on numbers that are none', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'm2at-nan-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('NaN is where it is in ONNX Runtime: nothing is folded away', async () => {
    const named = nodes.map((node, i) => ({ ...node, outputs: [`r${i}`] }));
    const bytes = encode(
      modelProto({
        input: [1, 8, 1, 1],
        nodes: [
          { op: 'Shape', inputs: ['x'], outputs: ['shape'] },
          { op: 'ConstantOfShape', inputs: ['shape'], outputs: ['filled'] },
          { op: 'Identity', inputs: ['x'], outputs: ['wide'] },
          { op: 'Greater', inputs: ['x', 'zero'], outputs: ['positive'] },
          ...named,
          {
            op: 'Concat',
            inputs: named.map(({ outputs: [name] }) => name ?? ''),
            outputs: ['y'],
            attributes: { axis: 0 },
          },
        ],
        tensors: [
          scalar('zero', 0),
          scalar('unit', 1),
          scalar('two', 2),
          scalar('minus', -1),
          floats('zeros', float32(new Float32Array(8), [8, 1, 1])),
        ],
      }),
    );
    const x = float32(Float32Array.from(special), [1, 8, 1, 1]);
    const file = path.join(folder, 'model.onnx');
    await writeFile(file, bytes);
    const session = await ort.InferenceSession.create(bytes, { graphOptimizationLevel: 'disabled' });
    const { y } = await session.run({ x: new ort.Tensor('float32', x.data, x.shape) });
    await session.release();
    assert.ok(y?.data instanceof Float32Array);
    const graph = await readOnnxGraph(file);
    const weights = new Weights(graph);
    const program = (...[images]: tf.Tensor[]): tf.Tensor[] =>
      images ? [runNodes(graph, weights, images)] : [];
    for (const layout of layouts) {
      const device = await deviceWith(layout);
      const [result] = await runOn(device, 'special', program, [x]);
      nodes.forEach(({ op, inputs }, row) => {
        special.forEach((value, column) => {
          const [ours, theirs] = [result, y].map((array) =>
            Number(array?.data[row * special.length + column]),
          );
          const what = `${op}(${inputs.join(', ')}) of ${value}: ${ours}, not ${theirs} (${layout})`;
          assert.equal(Number.isNaN(ours), Number.isNaN(theirs), what);
        });
      });
    }
    weights.dispose();
  });

  it('behind a convolution, in the layouts of the compiler', async () => {
    const filter = Float32Array.from({ length: 64 }, (_, i) => Number(i % 9 === 0));
    const bytes = encode(
      modelProto({
        input: [1, 8, 2, 2],
        nodes: [
          { op: 'Conv', inputs: ['x', 'w'], outputs: ['features'] },
          { op: 'Mul', inputs: ['features', 'zero'], outputs: ['nothing'] },
          { op: 'Add', inputs: ['nothing', 'x'], outputs: ['y'] },
        ],
        tensors: [scalar('zero', 0), floats('w', float32(filter, [8, 8, 1, 1]))],
      }),
    );
    const x = noise([1, 8, 2, 2]);
    x.data[3] = Infinity;
    const file = path.join(folder, 'model.onnx');
    await writeFile(file, bytes);
    const graph = await readOnnxGraph(file);
    const weights = new Weights(graph);
    const program = (...[images]: tf.Tensor[]): tf.Tensor[] =>
      images ? [runNodes(graph, weights, images)] : [];
    for (const layout of layouts) {
      const [result] = await runOn(await deviceWith(layout), 'conv', program, [x]);
      // Each channel is its own times 1 and the others' times 0, of which one is infinite.
      const isNumber = Array.from(result?.data ?? [], (value) => !Number.isNaN(value));
      assert.deepEqual(
        isNumber,
        isNumber.map((_, i) => i % 4 !== 3),
        layout,
      );
    }
    weights.dispose();
  });
});
