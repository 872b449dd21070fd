import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import * as ort from '../../../../src/core/engine/runtime/onnx-runtime';
import { readOnnxGraph } from '../../../../src/core/models/onnx/read-graph';
import { runNodes } from '../../../../src/core/models/graph/run-nodes';
import { Weights } from '../../../../src/core/models/graph/weights';
import { assertClose, deviceWith, noise, runOn } from '../../engine/engine-fixture';
import { encode, floats, ints, modelProto, scalar, type NodeOf } from './build-model';

/** Each case computes a list of sizes from the shape of x, [2, 3, 6, 5], as `list`, of type int64. */
const cases: Readonly<Record<string, readonly NodeOf[]>> = {
  'sizes in floating point': [
    { op: 'Slice', inputs: ['shape', 'two', 'four'], outputs: ['size'] },
    { op: 'Cast', inputs: ['size'], outputs: ['real'], attributes: { to: 1 } },
    { op: 'Div', inputs: ['real', 'half'], outputs: ['double'] },
    { op: 'Ceil', inputs: ['double'], outputs: ['rounded'] },
    { op: 'Cast', inputs: ['rounded'], outputs: ['list'], attributes: { to: 7 } },
  ],
  'division towards zero, and remainders': [
    { op: 'Neg', inputs: ['shape'], outputs: ['negative'] },
    { op: 'Div', inputs: ['negative', 'four'], outputs: ['quotient'] },
    { op: 'Mod', inputs: ['shape', 'four'], outputs: ['rest'] },
    { op: 'Mod', inputs: ['negative', 'four'], outputs: ['negativeRest'] },
    { op: 'Mod', inputs: ['negative', 'four'], outputs: ['fmod'], attributes: { fmod: 1 } },
    {
      op: 'Concat',
      inputs: ['quotient', 'rest', 'negativeRest', 'fmod'],
      outputs: ['list'],
      attributes: { axis: 0 },
    },
  ],
  'ranges, products and choices': [
    { op: 'Size', inputs: ['x'], outputs: ['size'] },
    { op: 'ReduceProd', inputs: ['shape'], outputs: ['product'], attributes: { keepdims: 0 } },
    { op: 'Equal', inputs: ['size', 'product'], outputs: ['same'] },
    { op: 'Where', inputs: ['same', 'shape', 'four'], outputs: ['chosen'] },
    { op: 'Constant', inputs: [], outputs: ['start'], attributes: { value: { tensor: ints('', [1], []) } } },
    { op: 'Constant', inputs: [], outputs: ['limit'], attributes: { value_int: 12 } },
    { op: 'Constant', inputs: [], outputs: ['delta'], attributes: { value: { tensor: ints('', [4], []) } } },
    { op: 'Range', inputs: ['start', 'limit', 'delta'], outputs: ['range'] },
    {
      op: 'ConstantOfShape',
      inputs: ['two'],
      outputs: ['filled'],
      attributes: { value: { tensor: ints('', [7]) } },
    },
    { op: 'Concat', inputs: ['chosen', 'range', 'filled'], outputs: ['list'], attributes: { axis: 0 } },
  ],
  logic: [
    { op: 'Less', inputs: ['shape', 'four'], outputs: ['less'] },
    { op: 'GreaterOrEqual', inputs: ['shape', 'two'], outputs: ['more'] },
    { op: 'LessOrEqual', inputs: ['shape', 'two'], outputs: ['atMost'] },
    { op: 'And', inputs: ['less', 'more'], outputs: ['both'] },
    { op: 'Or', inputs: ['less', 'atMost'], outputs: ['either'] },
    { op: 'Not', inputs: ['either'], outputs: ['neither'] },
    { op: 'Concat', inputs: ['both', 'either', 'neither'], outputs: ['answers'], attributes: { axis: 0 } },
    { op: 'Cast', inputs: ['answers'], outputs: ['list'], attributes: { to: 7 } },
  ],
  'parts of a shape': [
    { op: 'Shape', inputs: ['x'], outputs: ['part'], attributes: { start: 1, end: -1 } },
    { op: 'Unsqueeze', inputs: ['part', 'zero'], outputs: ['row'] },
    { op: 'Expand', inputs: ['row', 'shape22'], outputs: ['rows'] },
    { op: 'Transpose', inputs: ['rows'], outputs: ['columns'] },
    { op: 'Reshape', inputs: ['columns', 'all'], outputs: ['flat'] },
    { op: 'Tile', inputs: ['flat', 'two'], outputs: ['tiled'] },
    { op: 'Sign', inputs: ['tiled'], outputs: ['signs'] },
    { op: 'Concat', inputs: ['tiled', 'signs'], outputs: ['list'], attributes: { axis: 0 } },
  ],
};

describe('ONNX shape arithmetic: numbers that are known before the run', () => {
  for (const [name, nodes] of Object.entries(cases)) {
    it(name, async () => {
      const folder = await mkdtemp(path.join(tmpdir(), 'm2at-onnx-'));
      try {
        await check(nodes, path.join(folder, 'model.onnx'));
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });
  }
});

async function check(nodes: readonly NodeOf[], file: string): Promise<void> {
  const bytes = encode(
    modelProto({
      nodes: [
        { op: 'Shape', inputs: ['x'], outputs: ['shape'] },
        ...nodes,
        // The list takes part in the result: as a number for each column of x, and as a shape.
        { op: 'Cast', inputs: ['list'], outputs: ['floats'], attributes: { to: 1 } },
        { op: 'ReduceMean', inputs: ['x'], outputs: ['mean'], attributes: { keepdims: 0 } },
        { op: 'Mul', inputs: ['floats', 'mean'], outputs: ['y'] },
      ],
      tensors: [
        ints('zero', [0]),
        ints('two', [2]),
        ints('four', [4]),
        ints('all', [-1]),
        ints('shape22', [3, 2]),
        scalar('half', 0.4),
      ],
    }),
  );
  await writeFile(file, bytes);
  const x = noise([2, 3, 6, 5]);
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 4 });
  const { y } = await session.run({ x: new ort.Tensor('float32', x.data, x.shape) });
  await session.release();
  assert.ok(y?.data instanceof Float32Array);
  const graph = await readOnnxGraph(file);
  const weights = new Weights(graph);
  const program = (...[images]: tf.Tensor[]): tf.Tensor[] => {
    assert.ok(images);
    return [runNodes(graph, weights, images)];
  };
  const result = await runOn(await deviceWith('portable'), 'shapes', program, [x]);
  assertClose(result, [{ dtype: 'float32', shape: y.dims, data: y.data }], 'the list');
  assert.equal(weights.variables.length, 0);
  weights.dispose();
}

describe('ONNX models with a computed shape run with any batch', () => {
  it('Shape, Gather, Concat, Reshape', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'm2at-onnx-'));
    const file = path.join(folder, 'model.onnx');
    await writeFile(
      file,
      encode(
        modelProto({
          input: ['batch', 3, 4, 4],
          nodes: [
            { op: 'Shape', inputs: ['x'], outputs: ['shape'] },
            { op: 'Gather', inputs: ['shape', 'zero'], outputs: ['first'] },
            { op: 'Unsqueeze', inputs: ['first', 'axis'], outputs: ['batch'] },
            { op: 'Concat', inputs: ['batch', 'rest'], outputs: ['wanted'], attributes: { axis: 0 } },
            { op: 'Reshape', inputs: ['x', 'wanted'], outputs: ['flat'] },
            { op: 'MatMul', inputs: ['flat', 'w'], outputs: ['y'] },
          ],
          tensors: [
            ints('zero', [0], []),
            ints('axis', [0]),
            ints('rest', [-1]),
            floats('w', noise([48, 5])),
          ],
        }),
      ),
    );
    const graph = await readOnnxGraph(file);
    const weights = new Weights(graph);
    for (const batch of [1, 3]) {
      const y = tf.tidy(() => runNodes(graph, weights, tf.ones([batch, 3, 4, 4])).shape);
      assert.deepEqual(y, [batch, 5]);
    }
    weights.dispose();
    await rm(folder, { recursive: true, force: true });
  });
});
