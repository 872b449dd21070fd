import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { float32 } from '../../../src/core/engine/arrays/nd-array';
import { OnnxCpuDevice } from '../../../src/core/engine/devices/onnx-cpu-device';
import { forward } from '../../../src/core/models/layers-model/forward';
import { loadGraphModel } from '../../support/load-graph-model';
import { assortment, inceptionV3, mobileNetV2 } from '../../support/image-networks';
import { graphOfLayers } from '../../support/layers-to-graph';
import { assertClose, predict, randomImages } from './support';

const evaluate = { batchNorm: 'eval', updateStatistics: false } as const;
const narrow = (original: number): number => Math.max(2, Math.round(original / 32));

describe('graph models and layers models of the same weights', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'm2at-graph-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const networks: readonly [string, () => tf.LayersModel, number[]][] = [
    ['MobileNetV2', () => mobileNetV2({ size: 33, classes: 5, channels: narrow }), [2, 33, 33, 3]],
    ['InceptionV3', () => inceptionV3({ size: 75, classes: 5, channels: narrow }), [1, 75, 75, 3]],
    // One image: TF.js's own gradient of an upsampling is wrong for more.
    ['an assortment of layers', assortment, [1, 9, 8, 3]],
  ];
  for (const [name, build, shape] of networks) {
    it(`${name}: TF.js's prediction, our forward pass and the graph agree, compiled and not, with gradients`, async () => {
      const model = build();
      const { writer, output } = graphOfLayers(model);
      const classes = model.outputs[0]?.shape[1] ?? 0;
      const file = await writer.save(path.join(folder, name), { [output]: [-1, classes] });
      const graph = await loadGraphModel(file);
      const theirs = await tf.loadGraphModel({
        load: () => Promise.resolve({ ...writer.artifacts({ [output]: [-1, classes] }) }),
      });
      const x = randomImages(shape);
      const expected = predict(model, x);
      assertClose(forward(model, x, evaluate), expected, 1e-4);
      assertClose(graph.forward(x), expected, 1e-4);
      const converted = theirs.predict(x);
      assert.ok(converted instanceof tf.Tensor);
      assertClose(graph.forward(x), converted, 1e-4);
      assert.equal(graph.classes, classes);
      assert.deepEqual(graph.inputShape, [null, ...shape.slice(1)]);

      const weight = randomImages([shape[0] ?? 1, classes], 3);
      const loss =
        (run: (images: tf.Tensor) => tf.Tensor) =>
        (images: tf.Tensor): tf.Tensor =>
          tf.sum(tf.mul(run(images), weight));
      const layersLoss = loss((images) => forward(model, images, evaluate));
      const graphLoss = loss((images) => graph.forward(images));
      const device = await OnnxCpuDevice.open({ threads: 1 });
      const program = device.compile('both', (images) => [
        forward(model, images, evaluate),
        graph.forward(images),
        tf.grad(layersLoss)(images),
        tf.grad(graphLoss)(images),
        graphLoss(images),
      ]);
      const [layersOut, graphOut, layersGradient, graphGradient] = await program.run(
        float32(x.dataSync<'float32'>(), shape),
      );
      assertClose(layersOut?.data ?? [], expected, 1e-4);
      assertClose(graphOut?.data ?? [], expected, 1e-4);
      assertClose(graphGradient?.data ?? [], layersGradient?.data ?? [], 1e-3);
      // TF.js's own gradient of an average pool with 'same' padding is wrong.
      if (name !== 'InceptionV3') {
        assertClose(tf.grad(graphLoss)(x), graphGradient?.data ?? [], 1e-3);
      }
      // A short step: these networks have kinks everywhere.
      const gradient = tf.tensor(graphGradient?.data ?? [], shape);
      const size = tf.norm(gradient).asScalar().dataSync()[0] ?? 0;
      const along = async (distance: number): Promise<number> => {
        const moved = tf.add(x, tf.mul(gradient, distance / size));
        const results = await program.run(float32(moved.dataSync<'float32'>(), shape));
        return results[4]?.data[0] ?? NaN;
      };
      const difference = ((await along(0.002)) - (await along(-0.002))) / 0.004;
      assert.ok(Math.abs(difference / size - 1) < 0.05, `${difference} for ${size}`);
      await device.dispose();
      graph.dispose();
      theirs.dispose();
      model.dispose();
    }).timeout(60_000);
  }
});
