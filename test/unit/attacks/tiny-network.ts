import * as tf from '@tensorflow/tfjs';
import type { LabelledImages } from '../../../src/core/attacks/base/attack';
import { float32 } from '../../../src/core/engine/arrays/nd-array';
import { Random } from '../../../src/core/random';

/** conv 3x3 - ReLU - dense, with random weights: logits [N, classes] from images [N, 6, 6, 3]. */
export function tinyNetwork(classes = 5, seed = 1): tf.LayersModel {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({
        inputShape: [6, 6, 3],
        filters: 4,
        kernelSize: 3,
        padding: 'same',
        activation: 'relu',
      }),
      tf.layers.flatten(),
      tf.layers.dense({ units: classes }),
    ],
  });
  const random = Random.keyed(seed, 'tiny-network');
  setWeights(
    model,
    model.weights.map(({ shape }) => {
      const size = shape.reduce<number>((product, dimension) => product * (dimension ?? 1), 1);
      return {
        shape: shape.map((dimension) => dimension ?? 1),
        data: Array.from({ length: size }, () => 0.4 * random.normal()),
      };
    }),
  );
  return model;
}

export function setWeights(
  model: tf.LayersModel,
  weights: readonly { readonly shape: readonly number[]; readonly data: readonly number[] }[],
): void {
  const tensors = weights.map(({ shape, data }) => tf.tensor([...data], [...shape]));
  model.setWeights(tensors);
  tf.dispose(tensors);
}

/** Random images [count, 6, 6, 3] in [0, 1], some values at the ends of the range. */
export function tinyImages(count: number, classes = 5, seed = 1): LabelledImages {
  const random = Random.keyed(seed, 'tiny-images');
  const data = Float32Array.from({ length: count * 108 }, () =>
    Math.min(1, Math.max(0, 1.4 * random.uniform() - 0.2)),
  );
  const labels = Int32Array.from({ length: count }, () => random.int(classes));
  return { images: float32(data, [count, 6, 6, 3]), labels };
}
