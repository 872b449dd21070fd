import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { float32 } from '../../../src/core/engine/arrays/nd-array';
import { OnnxCpuDevice } from '../../../src/core/engine/devices/onnx-cpu-device';
import { forward } from '../../../src/core/models/layers-model/forward';
import { loadGraphModel } from '../../support/load-graph-model';
import { inceptionV3, mobileNetV2 } from '../../support/image-networks';
import { graphOfLayers } from '../../support/layers-to-graph';
import { assertClose, parametersOf, randomImages } from './support';

const evaluate = { batchNorm: 'eval', updateStatistics: false } as const;

describe('networks for large images, compiled', () => {
  const whole = { classes: 1000, channels: (original: number): number => original };
  const networks: readonly [string, number, () => tf.LayersModel, number][] = [
    // The numbers of trainable weights of keras.applications.
    ['MobileNetV2', 224, () => mobileNetV2({ size: 224, ...whole }), 3_504_872],
    ['InceptionV3', 299, () => inceptionV3({ size: 299, ...whole }), 23_817_352],
  ];
  for (const [name, size, build, parameters] of networks) {
    it(`${name} at ${size} pixels: logits and gradients are finite, layers and graph agree`, async () => {
      const folder = await mkdtemp(path.join(tmpdir(), 'm2at-large-'));
      const model = build();
      assert.equal(parametersOf(model), parameters);
      const { writer, output } = graphOfLayers(model);
      const graph = await loadGraphModel(await writer.save(folder, { [output]: [-1, 1000] }));
      await rm(folder, { recursive: true });
      const shape = [1, size, size, 3];
      const x = randomImages(shape);
      const loss = (images: tf.Tensor): tf.Tensor =>
        tf.neg(tf.sum(tf.slice(tf.logSoftmax(graph.logits?.(images) ?? tf.zeros([1, 1])), [0, 7], [1, 1])));
      const device = await OnnxCpuDevice.open({ threads: 2 });
      const program = device.compile(name, (images) => {
        const { value, grad } = tf.valueAndGrad(loss)(images);
        return [value, grad, graph.forward(images), forward(model, images, evaluate)];
      });
      const [value, gradient, ofGraph, ofLayers] = await program.run(float32(x.dataSync<'float32'>(), shape));
      assert.ok(Number.isFinite(value?.data[0]));
      assert.ok(gradient);
      assert.ok(gradient.data.every(Number.isFinite));
      assert.ok(gradient.data.some((slope) => Math.abs(slope) > 0));
      assertClose(ofGraph?.data ?? [], ofLayers?.data ?? [], 1e-4);
      await device.dispose();
      graph.dispose();
      model.dispose();
    }).timeout(120_000);
  }
});
