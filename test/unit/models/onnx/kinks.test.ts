import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import * as z from 'zod';
import { float32 } from '../../../../src/core/engine/arrays/nd-array';
import { readOnnxGraph } from '../../../../src/core/models/onnx/read-graph';
import { runNodes } from '../../../../src/core/models/graph/run-nodes';
import { Weights } from '../../../../src/core/models/graph/weights';
import { deviceWith, eager, runOn } from '../../engine/engine-fixture';
import { encode, ints, modelProto, scalar, type NodeOf } from './build-model';

/** PyTorch's slopes, from test/reference/make_kinks.py. */
const slopes = z
  .record(z.string(), z.object({ x: z.array(z.number()), slope: z.array(z.number()) }))
  .parse(JSON.parse(readFileSync('test/reference/kinks.json', 'utf8')));

const one = (op: string, attributes: NodeOf['attributes'] = {}, ...more: string[]): NodeOf[] => [
  { op, inputs: ['x', ...more], attributes },
];
const all = { axes: [0, 1, 2, 3] };
/** The four numbers as an image of one channel. */
const onSquare = (node: NodeOf): NodeOf[] => [
  { op: 'Reshape', inputs: ['x', 'square'], outputs: ['image'] },
  { ...node, inputs: ['image'] },
];

/** Each function on x, [1, n, 1, 1]. */
const nodes: Readonly<Record<string, readonly NodeOf[]>> = {
  Abs: one('Abs'),
  Relu: one('Relu'),
  'Clip to [0, 6]': one('Clip', {}, 'zero', 'six'),
  LeakyRelu: one('LeakyRelu', { alpha: { float: 0.1 } }),
  PRelu: one('PRelu', {}, 'slope'),
  Elu: one('Elu'),
  'Elu with alpha 0.5': one('Elu', { alpha: { float: 0.5 } }),
  Celu: one('Celu', { alpha: { float: 2 } }),
  Selu: one('Selu'),
  ThresholdedRelu: one('ThresholdedRelu', { alpha: { float: 0.5 } }),
  HardSigmoid: one('HardSigmoid', { alpha: { float: 1 / 6 } }),
  HardSwish: one('HardSwish'),
  Softsign: one('Softsign'),
  'Max with 0': one('Max', {}, 'zero'),
  'Min with 0': one('Min', {}, 'zero'),
  'Max of x and -x': [
    { op: 'Neg', inputs: ['x'], outputs: ['minus'] },
    { op: 'Max', inputs: ['x', 'minus'] },
  ],
  ReduceMax: one('ReduceMax', all),
  ReduceMin: one('ReduceMin', all),
  ReduceL1: one('ReduceL1', all),
  ReduceL2: one('ReduceL2', all),
  ReduceProd: one('ReduceProd', all),
  ReduceLogSumExp: one('ReduceLogSumExp', all),
  'Pow 0': one('Pow', {}, 'zero'),
  'Pow 1': one('Pow', {}, 'unit'),
  'Pow 1.5': one('Pow', {}, 'oneAndAHalf'),
  Sign: one('Sign'),
  Floor: one('Floor'),
  Ceil: one('Ceil'),
  Round: one('Round'),
  MaxPool: onSquare({ op: 'MaxPool', inputs: [], attributes: { kernel_shape: [2, 2] } }),
  'dilated MaxPool': onSquare({
    op: 'MaxPool',
    inputs: [],
    // Of the border on the left and the right column.
    attributes: { kernel_shape: [2, 2], dilations: [1, 2], pads: [0, 1, 0, 1], strides: [1, 3] },
  }),
  GlobalMaxPool: onSquare({ op: 'GlobalMaxPool', inputs: [] }),
};

const tensors = [
  scalar('zero', 0),
  scalar('unit', 1),
  scalar('six', 6),
  scalar('oneAndAHalf', 1.5),
  { ...scalar('slope', 0.3), dims: [1, 1, 1] },
  ints('square', [1, 1, 2, 2]),
];

describe('ONNX ops at their kinks', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'm2at-kinks-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** The slopes of the sum of what the nodes make, op by op and compiled. */
  async function slopesOf(list: readonly NodeOf[], values: readonly number[]): Promise<number[][]> {
    const file = path.join(folder, 'model.onnx');
    await writeFile(file, encode(modelProto({ input: [1, values.length, 1, 1], nodes: list, tensors })));
    const graph = await readOnnxGraph(file);
    const weights = new Weights(graph);
    const x = float32(Float32Array.from(values), [1, values.length, 1, 1]);
    const found: number[][] = [];
    for (const device of [eager, await deviceWith('portable'), await deviceWith('blocked')]) {
      const program = (...[images]: tf.Tensor[]): tf.Tensor[] => {
        assert.ok(images);
        return [tf.grad((at: tf.Tensor) => tf.sum(runNodes(graph, weights, at)))(images)];
      };
      const [gradient] = await runOn(device, 'kink', program, [x]);
      found.push(Array.from(gradient?.data ?? []));
    }
    return found;
  }

  const assertSlopes = (found: readonly number[][], expected: readonly number[]): void => {
    for (const slope of found) {
      const close = expected.every((value, i) => Math.abs(value - (slope[i] ?? NaN)) < 1e-5);
      assert.ok(close && slope.length === expected.length, `${slope.join(' ')}, not ${expected.join(' ')}`);
    }
  };

  it('every kink of the reference is tried', () => {
    assert.deepEqual(Object.keys(nodes).sort(), Object.keys(slopes).sort());
  });

  for (const [name, { x, slope }] of Object.entries(slopes)) {
    it(`${name} has PyTorch's slope`, async () => {
      assertSlopes(await slopesOf(nodes[name] ?? [], x), slope);
    });
  }

  it('Clip has slope 1 at its bounds, where pixels of 0 and 1 lie', async () => {
    assertSlopes(await slopesOf(one('Clip', {}, 'zero', 'unit'), [0, 1, 0.5, -1, 2]), [1, 1, 1, 0, 0]);
    assertSlopes(await slopesOf(one('Clip', {}, 'zero'), [0, 1, -1]), [1, 1, 0]);
    assertSlopes(await slopesOf(one('Clip', {}, '', 'unit'), [0, 1, 2]), [1, 1, 0]);
  });
});
