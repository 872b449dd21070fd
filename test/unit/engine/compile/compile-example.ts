import * as tf from '@tensorflow/tfjs';
import { float32, inScope, int32, openDevice, repeat, scalar } from '../../../../src/core/engine';

/** Trains a small network on attacked images. Returns the loss of each step and the filter that was learnt. */
export async function trainOnAttackedImages(
  steps: number,
): Promise<{ losses: number[]; learnt: Float32Array }> {
  const device = await openDevice('onnx-cpu', { threads: 0 });
  const filter = tf.variable<tf.Rank.R4>(tf.randomNormal([3, 3, 1, 8], 0, 0.3, 'float32', 1));
  const weights = tf.variable(tf.randomNormal([8, 2], 0, 0.3, 'float32', 2));
  const variables = [filter, weights];

  const logits = (images: tf.Tensor): tf.Tensor => {
    const features = inScope('features', () => tf.conv2d(images as tf.Tensor4D, filter, 1, 'same').relu());
    return inScope('classifier', () => tf.matMul(features.max([1, 2]), weights));
  };
  const loss = (images: tf.Tensor, labels: tf.Tensor): tf.Scalar =>
    tf.losses.softmaxCrossEntropy(tf.oneHot(labels, 2), logits(images)).asScalar();

  // Five steps of the attack are one loop of the graph. `labels` and `epsilon` are inputs, as is the number of steps.
  const attack = device.compile('attack', (images, labels, epsilon, count) => {
    return repeat(count, [images], ([x = images]) => {
      const direction = tf
        .grad((z) => loss(z, labels))(x)
        .sign();
      const moved = tf.add(x, direction.mul(epsilon).mul(0.3));
      return [tf.clipByValue(tf.minimum(tf.maximum(moved, images.sub(epsilon)), images.add(epsilon)), 0, 1)];
    });
  });

  // The program assigns variables: after a run they hold their new values.
  const train = device.compile('train', (images, labels, rate) => {
    const { value, grads } = tf.variableGrads(() => loss(images, labels), variables);
    for (const variable of variables) {
      const gradient = grads[variable.name];
      if (gradient) variable.assign(variable.sub(gradient.mul(rate)));
    }
    return [value];
  });

  // A bright row is class 0, a bright column class 1. Arrays are row-major; images are NHWC in [0, 1].
  const images = float32(new Float32Array(16 * 6 * 6).fill(0.2), [16, 6, 6, 1]);
  const labels = int32(
    Int32Array.from({ length: 16 }, (_, i) => i % 2),
    [16],
  );
  labels.data.forEach((label, image) => {
    for (let i = 0; i < 6; i++) images.data[image * 36 + (label ? i * 6 + 2 : 12 + i)] = 0.9;
  });

  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    // The attacked images stay on the device between the two programs.
    const [attacked] = await attack.runOnDevice(images, labels, scalar(0.1), int32(Int32Array.of(5), []));
    if (!attacked) throw new RangeError('The attack returns images.');
    const [value] = await train.run(attacked, labels, scalar(1));
    attacked.release();
    losses.push(value?.data[0] ?? NaN);
  }
  // On a GPU the variables are brought back now; TF.js reads them as usual.
  await device.synchronize();
  const learnt = Float32Array.from(filter.dataSync());

  await Promise.all([attack.dispose(), train.dispose()]);
  await device.dispose();
  tf.dispose(variables);
  return { losses, learnt };
}
