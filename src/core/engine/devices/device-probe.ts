import * as tf from '@tensorflow/tfjs';
import type { Device } from './device';
import type { NdArray } from '../arrays/nd-array';
import { batchNormTrain } from '../ops/batch-norm';
import { checkLayers, difference, tolerance, waves, type Layer } from './layer-check';

/** The shapes of the sample's inputs: images, two filters, scale and shift. */
const sampleShapes = [[2, 6, 6, 3], [3, 3, 3, 16], [3, 3, 16, 20], [20], [20]];

export function sampleInputs(): NdArray<'float32'>[] {
  return sampleShapes.map((shape, seed) => waves(shape, seed));
}

/** A little of everything that networks are made of, with its gradient in every input. */
export function sampleProgram(...tensors: tf.Tensor[]): tf.Tensor[] {
  const loss = (x: tf.Tensor, w1: tf.Tensor, w2: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor): tf.Scalar => {
    const options = { epsilon: 1e-3, relu: true };
    const a = tf.conv2d(x.as4D(2, 6, 6, 3), w1.as4D(3, 3, 3, 16), 1, 'same').relu();
    const b = tf.conv2d(a.as4D(2, 6, 6, 16), w2.as4D(3, 3, 16, 20), 2, 'same');
    const c = tf.maxPool(batchNormTrain(b, gamma, beta, options).y.as4D(2, 3, 3, 20), 2, 1, 'valid');
    return c.mean([1, 2]).square().sum();
  };
  const { value, grads } = tf.valueAndGrads((...args: tf.Tensor[]) => {
    const [x, w1, w2, gamma, beta] = args;
    if (!x || !w1 || !w2 || !gamma || !beta) throw new RangeError('The sample has five inputs.');
    return loss(x, w1, w2, gamma, beta);
  })(tensors);
  return [value, ...grads];
}

const conv = (x: number[], filter: number[], strides: number, pad: 'same' | number[][]): Layer => ({
  kernel: 'Conv2D',
  inputs: { x, filter },
  attributes: { strides, pad, dataFormat: 'NHWC', dilations: 1 },
});

/** Convolutions that providers were seen to compute wrongly, and those like them. */
const layers: readonly Layer[] = [
  // The first one of images of more than three channels.
  conv([2, 4, 5, 6], [3, 3, 6, 4], 1, 'same'),
  conv([2, 4, 5, 9], [2, 2, 9, 8], 1, 'same'),
  conv([2, 8, 8, 4], [3, 3, 4, 16], 1, 'same'),
  // Kernels as large as the image.
  conv([2, 4, 4, 3], [4, 4, 3, 6], 1, [
    [0, 0],
    [0, 1],
    [0, 2],
    [0, 0],
  ]),
  // Stride 2: even and odd sizes, and the kernels that networks have.
  conv([2, 8, 8, 16], [3, 3, 16, 32], 2, 'same'),
  conv([2, 7, 9, 16], [3, 3, 16, 20], 2, 'same'),
  conv([2, 8, 8, 16], [1, 1, 16, 32], 2, 'same'),
  conv([2, 7, 9, 4], [7, 7, 4, 8], 2, 'same'),
];

/**
 * Runs the sample on both devices, and some layers. Throws whatever the device throws, and an Error when it disagrees with
 * `reference`.
 */
export async function checkDevice(device: Device, reference: Device): Promise<void> {
  const inputs = sampleInputs();
  const [expected, actual] = await Promise.all([runOnce(reference, inputs), runOnce(device, inputs)]);
  const worst = Math.max(...expected.map((array, i) => difference(array, actual[i])));
  if (!(worst < tolerance)) {
    throw new Error(`a convolution and its gradient differ from the CPU's by ${worst.toExponential(1)}`);
  }
  await checkLayers(device, reference, layers);
}

async function runOnce(device: Device, inputs: readonly NdArray[]): Promise<NdArray[]> {
  const program = device.compile('probe', sampleProgram);
  try {
    return await program.run(...inputs);
  } finally {
    await program.dispose();
  }
}

const channels = 32;

/**
 * Seconds for three convolutions of a small batch and their gradient in the images, the work of an attack: the
 * best of a few runs, after one that compiles. More images favour a GPU, fewer take less long where it is none.
 */
export async function timeDevice(device: Device, images = 16): Promise<number> {
  const shape: [number, number, number, number] = [images, 24, 24, channels];
  const program = device.compile('timed-probe', (batch, filter) => {
    const network = (x: tf.Tensor): tf.Tensor => {
      let y = x.as4D(...shape);
      for (let layer = 0; layer < 3; layer++)
        y = tf.conv2d(y, filter.as4D(3, 3, channels, channels), 1, 'same').relu();
      return y.sum();
    };
    return [tf.grad(network)(batch).mean([1, 2])];
  });
  const inputs = [shape, [3, 3, channels, channels]].map((size, seed) => waves(size, seed));
  try {
    await program.run(...inputs);
    let best = Infinity;
    let total = 0;
    for (let run = 0; run < 5 && total < 1; run++) {
      const start = performance.now();
      await program.run(...inputs);
      const seconds = (performance.now() - start) / 1000;
      best = Math.min(best, seconds);
      total += seconds;
    }
    return best;
  } finally {
    await program.dispose();
  }
}
