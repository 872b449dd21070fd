import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { operatorOf, type FindOperator } from '../../../../src/core/models/graph/operators';
import { runNodes } from '../../../../src/core/models/graph/run-nodes';
import { Weights } from '../../../../src/core/models/graph/weights';
import { readOnnxGraph } from '../../../../src/core/models/onnx/read-graph';
import { noise } from '../../engine/engine-fixture';
import { encode, modelProto } from '../onnx/build-model';
import { gateOps } from './added-operator';

describe('an operator that is added', () => {
  it('is the entry that docs/models.md shows', () => {
    const read = (file: string): string => readFileSync(file, 'utf8').replaceAll('\r\n', '\n');
    const example = read('test/unit/models/graph/added-operator.ts').replaceAll(
      '../../../../src/core/models/graph/',
      '../../',
    );
    assert.ok(read('docs/models.md').includes('```ts\n' + example + '```'), 'copy added-operator.ts into it');
  });

  it('runs in a graph, with its gradient', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'm2at-added-'));
    const file = path.join(folder, 'model.onnx');
    await writeFile(
      file,
      encode(modelProto({ nodes: [{ op: 'Swish', inputs: ['x'] }], input: [2, 1, 2, 2] })),
    );
    const graph = await readOnnxGraph(file);
    await rm(folder, { recursive: true });
    const find: FindOperator = (of, node) => gateOps[node.op] ?? operatorOf(of, node);
    const { data, shape } = noise([2, 1, 2, 2]);
    const { value, grad } = tf.valueAndGrad((x: tf.Tensor) =>
      tf.sum(runNodes(graph, new Weights(graph), x, { find })),
    )(tf.tensor(data, [...shape]));
    const gates = Array.from(data, (x) => 1 / (1 + Math.exp(-x)));
    const total = data.reduce((sum, x, i) => sum + x * (gates[i] ?? NaN), 0);
    assert.ok(Math.abs((value.dataSync()[0] ?? NaN) - total) < 1e-6);
    grad.dataSync().forEach((slope, i) => {
      const [x, gate] = [data[i] ?? NaN, gates[i] ?? NaN];
      assert.ok(Math.abs(slope - gate * (1 + x * (1 - gate))) < 1e-6);
    });
    assert.throws(
      () => runNodes(graph, new Weights(graph), tf.tensor(data, [...shape])),
      /through the op Swish/,
    );
  });
});
