import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { readOnnxGraph } from '../../../../src/core/models/onnx/read-graph';
import { operatorOf, supportedOps, type FindOperator } from '../../../../src/core/models/graph/operators';
import { runNodes } from '../../../../src/core/models/graph/run-nodes';
import { Weights } from '../../../../src/core/models/graph/weights';
import { encode, modelProto } from './build-model';
import { checkOp } from './check-op';
import { computedOpCases } from './computed-op-cases';
import { knownOpCases } from './known-op-cases';
import { layerOpCases } from './layer-op-cases';
import { mutants } from './op-mutants';
import { shapeOpCases } from './shape-op-cases';

const opCases = { ...layerOpCases, ...shapeOpCases, ...knownOpCases, ...computedOpCases };
const allCases = Object.values(opCases).flat();

describe('ONNX ops: the values of ONNX Runtime, and gradients that fit its differences', function () {
  this.timeout(60_000);
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'm2at-onnx-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  for (const [family, cases] of Object.entries(opCases)) {
    describe(family, () => {
      for (const c of cases) {
        it(c.name, () => checkOp(c, path.join(folder, 'model.onnx')));
      }
    });
  }

  it('every op has a case of its own', () => {
    const tested = new Set(allCases.map(({ name }) => name.split(' ')[0]));
    assert.deepEqual(
      supportedOps('onnx').filter((op) => !tested.has(op)),
      [],
    );
    // Cases are named for the op that they are about.
    for (const { name, nodes } of allCases)
      assert.ok(
        nodes.some(({ op }) => op === name.split(' ')[0]),
        name,
      );
  });

  for (const [op, mutant] of Object.entries(mutants)) {
    it(`a wrong gradient of ${op} is found`, async () => {
      const about = allCases.filter(({ name }) => name.split(' ')[0] === op);
      const find: FindOperator = (graph, node) => {
        const operator = operatorOf(graph, node);
        return operator && node.op === op ? { ...operator, evaluate: mutant } : operator;
      };
      const failed: string[] = [];
      for (const c of about) {
        await checkOp(c, path.join(folder, 'model.onnx'), find).catch((error: unknown) => {
          assert.ok(error instanceof assert.AssertionError, String(error));
          if (/gradient|relative error/.test(error.message)) failed.push(c.name);
        });
      }
      assert.ok(failed.length > 0, `none of ${about.length} cases notices`);
    });
  }

  it('a norm has no slope where everything is 0, and not an infinite one', async () => {
    const file = path.join(folder, 'norm.onnx');
    const nodes = [
      { op: 'ReduceL2', inputs: ['x'], attributes: { axes: [1], keepdims: 1 }, outputs: ['n'] },
      { op: 'Flatten', inputs: ['n'], outputs: ['y'] },
    ];
    await writeFile(file, encode(modelProto({ nodes, input: [2, 3, 2, 2] })));
    const graph = await readOnnxGraph(file);
    const weights = new Weights(graph);
    const x = tf.concat([tf.zeros([1, 3, 2, 2]), tf.ones([1, 3, 2, 2])]);
    const { value, grad } = tf.valueAndGrad((images: tf.Tensor) => tf.sum(runNodes(graph, weights, images)))(
      x,
    );
    assert.ok(Math.abs((value.dataSync()[0] ?? 0) - 4 * Math.sqrt(3)) < 1e-5);
    const expected = Array.from({ length: 24 }, (_, i) => (i < 12 ? 0 : 1 / Math.sqrt(3)));
    assert.ok(Array.from(grad.dataSync()).every((slope, i) => Math.abs(slope - (expected[i] ?? NaN)) < 1e-6));
    weights.dispose();
  });
});
