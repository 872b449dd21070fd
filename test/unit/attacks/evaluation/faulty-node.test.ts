import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { faultyNode } from '../../../../src/core/attacks/evaluation/faulty-node';
import type { Victim } from '../../../../src/core/attacks/base/victim';
import { checkNetwork } from '../../../../src/core/attacks/evaluation/check-network';
import { oneHot } from '../../../../src/core/data/batch';
import { float32, type NdArray } from '../../../../src/core/engine/arrays/nd-array';
import { loadGraphModel } from '../../../support/load-graph-model';
import { asImportedModel } from '../../../../src/core/models/layers-model/import-layers-model';
import { loadOnnxModel } from '../../../../src/core/models/onnx/load-onnx-model';
import { loadClassifier, victimOf } from '../../../../src/core/attacking/classifier';
import { formats } from '../../../../src/core/models/formats';
import { caseFile, readCase } from '../../../support/cases';
import { GraphWriter } from '../../../support/graph-writer';
import { inTemporaryFolder } from '../../data/support';
import { deviceWith } from '../../engine/engine-fixture';

/** Two of the images, as [2, 8, 8, 1], and their labels. */
async function digits(): Promise<{
  images: NdArray<'float32'>;
  labels: Int32Array;
  targets: NdArray<'float32'>;
}> {
  const { data } = await readCase('x.npy');
  const labels = Int32Array.from((await readCase('y.npy')).data.slice(0, 2));
  return { images: float32(data.slice(0, 2 * 64), [2, 8, 8, 1]), labels, targets: oneHot(labels, 10) };
}

async function victim(classes: number, logits: Victim['logits']): Promise<Victim> {
  return { device: await deviceWith('blocked'), classes, logits };
}

describe('where a gradient that is not finite arises', () => {
  for (const [name, node] of [
    ['gamma', { op: 'Pow', node: 'xpre' }],
    ['sqrtsq_in', { op: 'Sqrt', node: 's' }],
    ['digits', undefined],
  ] as const) {
    it(`${name}.onnx: ${node ? `${node.op} at ${node.node}` : 'nowhere'}`, async () => {
      const model = await loadOnnxModel(caseFile(`${name}.onnx`));
      const { images, labels, targets } = await digits();
      const logits = (x: tf.Tensor): tf.Tensor => model.forward(tf.transpose(x, [0, 3, 1, 2]));
      const found = await faultyNode(await victim(10, logits), images, targets);
      assert.deepEqual(found, node);
      // The look at a network says it.
      const classifier = await loadClassifier(formats, caseFile(`${name}.onnx`));
      const asAttacked = await victimOf(classifier, await deviceWith('blocked'), [8, 8, 1]);
      const check = await checkNetwork(asAttacked, { images, labels });
      assert.deepEqual(check.faultyNode, node);
      classifier.model.dispose();
      model.dispose();
    });
  }

  it('graph models name the node, layers models the layer', () =>
    inTemporaryFolder(async (folder) => {
      const images = float32(new Float32Array(48), [1, 4, 4, 3]);
      const targets = oneHot(Int32Array.of(1), 2);
      const w = new GraphWriter();
      const root = w.node('root', 'Sqrt', [w.input('image', [-1, 4, 4, 3])]);
      const mean = w.node('mean', 'Mean', [root, w.ints('axes', [1, 2])]);
      w.node('logits', 'MatMul', [mean, w.constant('kernel', [1, 2, 3, 4, 5, 6], [3, 2])]);
      const graph = await loadGraphModel(await w.save(folder, { logits: [-1, 2] }));
      const found = await faultyNode(await victim(2, (x) => graph.forward(x)), images, targets);
      assert.deepEqual(found, { op: 'Sqrt', node: 'root' });
      graph.dispose();

      // A scale of 1e30 twice, squashed: the product of slopes is no float32.
      const huge = (name: string): tf.layers.Layer => {
        const scale = [tf.fill([3], 1e25), tf.zeros([3]), tf.zeros([3]), tf.ones([3])];
        return tf.layers.batchNormalization({ inputShape: [4, 4, 3], weights: scale, name });
      };
      const model = tf.sequential({
        layers: [huge('first'), huge('second'), tf.layers.flatten(), tf.layers.dense({ units: 2 })],
      });
      const layers = asImportedModel({ model, metadata: {}, modelFile: 'model.json' });
      const where = await faultyNode(await victim(2, (x) => layers.forward(x)), images, targets);
      assert.deepEqual(where, { op: 'BatchNormalization', node: 'first' });
      layers.dispose();
    }));

  it('a loss without a finite gradient is no node', async () => {
    const model = await loadOnnxModel(caseFile('digits.onnx'));
    const { images, targets } = await digits();
    const logits = (x: tf.Tensor): tf.Tensor =>
      tf.sqrt(tf.mul(model.forward(tf.transpose(x, [0, 3, 1, 2])), 0));
    assert.equal(await faultyNode(await victim(10, logits), images, targets), undefined);
    model.dispose();
  });
});
