import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { registerGradients } from '../../../../src/core/engine/gradients/register';
import { withGradientTaps } from '../../../../src/core/models/gradient-taps';
import { graphModelFile } from '../../../../src/core/models/graph-model/graph-model-schema';
import { readGraphDef } from '../../../../src/core/models/graph-model/read-graph-def';
import type { Graph, GraphNode } from '../../../../src/core/models/graph/graph';
import type { OperatorGradient } from '../../../../src/core/models/graph/operator';
import { operatorOf, supportedOps } from '../../../../src/core/models/graph/operators';
import { runNodes } from '../../../../src/core/models/graph/run-nodes';
import { Weights } from '../../../../src/core/models/graph/weights';
import { readOnnxGraph } from '../../../../src/core/models/onnx/read-graph';
import { GraphWriter } from '../../../support/graph-writer';
import { noise } from '../../engine/engine-fixture';
import { knownGraphOpCases } from '../graph-known-op-cases';
import { graphOpCases, sizes, type Build } from '../graph-op-cases';
import { encode, modelProto } from '../onnx/build-model';
import { computedOpCases } from '../onnx/computed-op-cases';
import { knownOpCases } from '../onnx/known-op-cases';
import { layerOpCases } from '../onnx/layer-op-cases';
import { shapeOpCases } from '../onnx/shape-op-cases';

/** Which operators let a gradient through, of those that the cases run. */
class Seen {
  private readonly through = new Map<string, boolean>();

  /** Differentiates a graph on TF.js's own backend and looks at what leaves each node through its inputs. */
  look(graph: Graph, input: readonly number[]): void {
    const weights = new Weights(graph);
    const { data, shape } = noise(input, 8);
    for (const { op } of graph.nodes) this.through.set(op, this.through.get(op) ?? false);
    const tap = (node: { op: string }, gradient: tf.Tensor): void => {
      if (gradient.dataSync().some((slope) => slope !== 0)) this.through.set(node.op, true);
    };
    try {
      tf.tidy(() => {
        const loss = (x: tf.Tensor): tf.Tensor => {
          const y = withGradientTaps({ input: tap }, () => runNodes(graph, weights, x));
          const factors = Float32Array.from({ length: y.size }, (_, i) => Math.cos(i * 0.7) + 0.3);
          return tf.sum(tf.mul(y, tf.tensor(factors, y.shape)));
        };
        tf.grad(loss)(tf.tensor(data, [...shape]));
      });
    } finally {
      weights.dispose();
    }
  }

  /** Fails for an operator whose entry says something else. */
  check(dialect: Graph['dialect']): void {
    const said = (op: string): OperatorGradient | undefined => {
      const node: GraphNode = { op, domain: '', name: op, inputs: [], outputs: [], attributes: new Map() };
      return operatorOf({ dialect }, node)?.gradient;
    };
    const ops = supportedOps(dialect.format);
    assert.deepEqual(
      Object.fromEntries(ops.map((op) => [op, said(op)])),
      Object.fromEntries(ops.map((op) => [op, this.through.get(op) ? 'differentiable' : 'zero'])),
    );
  }
}

describe('what operators say about their gradients', () => {
  let folder = '';
  before(async () => {
    registerGradients();
    folder = await mkdtemp(path.join(tmpdir(), 'm2at-gradients-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('ONNX: is what they do', async () => {
    const seen = new Seen();
    let dialect: Graph['dialect'] | undefined;
    const cases = Object.values({
      ...layerOpCases,
      ...shapeOpCases,
      ...knownOpCases,
      ...computedOpCases,
    }).flat();
    for (const c of cases) {
      const file = path.join(folder, 'model.onnx');
      await writeFile(file, encode(modelProto(c)));
      const graph = await readOnnxGraph(file);
      ({ dialect } = graph);
      // TF.js's own gradient of a bilinear resize fails.
      if (c.eager || c.name.includes('nearest')) seen.look(graph, c.input);
    }
    assert.ok(dialect);
    seen.check(dialect);
  });

  it('graph models: is what they do', async () => {
    const still: Build = (w, x) => w.node('y', 'Mul', [x, w.node('still', 'StopGradient', [x])]);
    const seen = new Seen();
    let dialect: Graph['dialect'] | undefined;
    for (const build of Object.values({ ...graphOpCases, ...knownGraphOpCases, StopGradient: still })) {
      const w = new GraphWriter();
      // TF.js's own gradient of a bilinear resize is right for squares.
      const shape = build === graphOpCases.ResizeBilinear ? [2, 6, 6, 4] : sizes;
      const y = build(w, w.input('image', [-1, ...shape.slice(1)]));
      const file = await w.save(path.join(folder, 'graph'), { [y]: [-1, 2] });
      const { graph } = await readGraphDef(
        graphModelFile.parse(w.encode({ [y]: [-1, 2] }).json),
        file,
        undefined,
      );
      ({ dialect } = graph);
      seen.look(graph, shape);
    }
    assert.ok(dialect);
    seen.check(dialect);
  });
});
