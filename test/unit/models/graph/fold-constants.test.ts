import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { M2atError } from '../../../../src/core/errors';
import { foldConstants } from '../../../../src/core/models/graph/fold-constants';
import type { Graph } from '../../../../src/core/models/graph/graph';
import { operators } from '../../../../src/core/models/graph/operator';
import { operatorOf, type FindOperator } from '../../../../src/core/models/graph/operators';
import { prepareGraph } from '../../../../src/core/models/graph/prepare-graph';
import { runNodes } from '../../../../src/core/models/graph/run-nodes';
import { Weights } from '../../../../src/core/models/graph/weights';
import { readOnnxGraph } from '../../../../src/core/models/onnx/read-graph';
import { noise } from '../../engine/engine-fixture';
import { encode, floats, ints, modelProto, scalar, type NodeOf } from '../onnx/build-model';

/** x times 2 g, its rows and columns flattened, and whatever `more` adds in front. */
const nodes = (...more: NodeOf[]): NodeOf[] => [
  ...more,
  { op: 'Constant', inputs: [], outputs: ['two'], attributes: { value_float: { float: 2 } } },
  { op: 'Mul', inputs: ['g', 'two'], outputs: ['gain'] },
  { op: 'Mul', inputs: ['x', 'gain'], outputs: ['louder'] },
  { op: 'Shape', inputs: ['louder'], outputs: ['shape'] },
  { op: 'Slice', inputs: ['shape', 'from', 'to'], outputs: ['batch'] },
  { op: 'Concat', inputs: ['batch', 'rest'], outputs: ['flat'], attributes: { axis: 0 } },
  { op: 'Reshape', inputs: ['louder', 'flat'], outputs: ['y'] },
];
const tensors = [
  floats('g', noise([3, 1, 1], 3)),
  ints('from', [0]),
  ints('to', [1]),
  ints('rest', [-1]),
  scalar('half', 0.5),
];

describe('constants of a graph', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'm2at-fold-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const read = async (list: readonly NodeOf[], more = tensors): Promise<Graph> => {
    const file = path.join(folder, 'model.onnx');
    await writeFile(file, encode(modelProto({ nodes: list, tensors: more, input: [2, 3, 4, 4] })));
    return readOnnxGraph(file);
  };
  const run = (graph: Graph, as: Graph, find?: FindOperator): Float32Array => {
    const weights = new Weights(graph);
    const { data, shape } = noise([2, 3, 4, 4], 5);
    const y = tf.tidy(() => runNodes(as, weights, tf.tensor(data, [...shape]), find ? { find } : {}));
    weights.dispose();
    const values = y.dataSync<'float32'>().slice();
    y.dispose();
    return values;
  };

  it('are computed before the network runs; its results are the same to the bit', async () => {
    const graph = await read(nodes());
    const folded = foldConstants(graph);
    // What shapes of images decide about is left.
    assert.deepEqual(
      folded.nodes.map(({ op }) => op),
      ['Mul', 'Shape', 'Slice', 'Concat', 'Reshape'],
    );
    const g = noise([3, 1, 1], 3).data;
    assert.deepEqual(
      folded.constants.get('gain')?.data,
      g.map((value) => 2 * value),
    );
    assert.deepEqual(run(graph, folded), run(graph, graph));
    assert.equal(graph.constants.has('gain'), false);
  });

  it('are left where they are random, large, not supported, or wrong', async () => {
    const odd: NodeOf[] = [
      { op: 'RandomNormal', inputs: [], outputs: ['drawn'], attributes: { shape: [3, 1, 1] } },
      { op: 'ConstantOfShape', inputs: ['many'], outputs: ['large'] },
      { op: 'Det', inputs: ['g'], outputs: ['unknown'] },
      { op: 'Add', inputs: ['from', 'three'], outputs: ['wrong'] },
      { op: 'Sum', inputs: ['drawn', 'unknown', 'wrong', 'large'], outputs: ['sum'] },
      { op: 'Add', inputs: ['g', 'sum'], outputs: ['g2'] },
    ];
    const list = nodes(...odd).map((node) =>
      node.inputs[0] === 'g' && node.op === 'Mul' ? { ...node, inputs: ['g2', 'two'] } : node,
    );
    const graph = await read(list, [...tensors, ints('many', [5000]), floats('three', noise([2, 2], 1))]);
    const left = foldConstants(graph).nodes.map(({ op }) => op);
    for (const { op } of odd) assert.ok(left.includes(op), op);
    assert.ok(!left.includes('Constant'));
    assert.throws(() => prepareGraph(graph), /no gradients through the op Det \(node Det_2, opset 17\)/);
  });

  it('may come from an operator without gradient, which images may not go through', async () => {
    const [double] = Object.values(operators('none', { Twice: (call) => tf.mul(call.plain(0), 2) }));
    const find: FindOperator = (graph, node) => (node.op === 'Twice' ? double : operatorOf(graph, node));
    const twice = (from: string, to: string): NodeOf => ({ op: 'Twice', inputs: [from], outputs: [to] });
    const known = nodes(twice('half', 'one')).map((node) =>
      node.op === 'Mul' && node.inputs[1] === 'two' ? { ...node, inputs: ['g', 'one'] } : node,
    );
    const graph = await read(known);
    const folded = foldConstants(graph, find);
    assert.ok(!folded.nodes.some(({ op }) => op === 'Twice'));
    const plain = await read(nodes());
    const expected = run(plain, plain).map((value) => value / 2);
    assert.deepEqual(run(graph, folded, find), expected);
    // Shapes of images are known as well, when a program is built.
    const shapes = nodes().flatMap((node) =>
      node.op === 'Concat' ? [twice('batch', 'pairs'), { ...node, inputs: ['pairs', 'rest'] }] : [node],
    );
    const computed = await read(shapes);
    assert.equal(run(computed, computed, find).length, 96);
    const image = await read(
      nodes(twice('x', 'x2')).map((node) =>
        node.outputs?.[0] === 'louder' ? { ...node, inputs: ['x2', 'gain'] } : node,
      ),
    );
    assert.throws(
      () => run(image, image, find),
      (error) =>
        error instanceof M2atError &&
        error.code === 'unsupported' &&
        error.message.includes('the op Twice of values that depend on the image (node Twice_0'),
    );
  });
});
