import * as tf from '@tensorflow/tfjs';
import type { Device } from './device';
import { float32, sizeOf, type NdArray } from '../arrays/nd-array';
import { batchNormTrain } from '../ops/batch-norm';

/** The shapes of the sample's inputs: images, two filters, scale and shift. */
const sampleShapes = [[2, 6, 6, 3], [3, 3, 3, 16], [3, 3, 16, 20], [20], [20]];

export function sampleInputs(): NdArray<'float32'>[] {
  return sampleShapes.map((shape, seed) => waves(shape, seed));
}

function waves(shape: readonly number[], seed: number): NdArray<'float32'> {
  return float32(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i * 1.7 + seed)),
    shape,
  );
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

/** Largest absolute difference over largest absolute value. */
export function difference(a: NdArray, b: NdArray | undefined): number {
  if (b?.data.length !== a.data.length) return Infinity;
  let largest = 1e-30;
  let worst = 0;
  a.data.forEach((value, i) => {
    largest = Math.max(largest, Math.abs(value));
    const off = Math.abs(value - (b.data[i] ?? NaN));
    worst = Number.isNaN(off) ? Infinity : Math.max(worst, off);
  });
  return worst / largest;
}

/** Room for TF32, which CUDA multiplies in by default: 10 bits of mantissa. */
const tolerance = 1e-2;

/**
 * Runs the sample on both devices. Throws whatever the device throws, and an Error when it disagrees with
 * `reference`.
 */
export async function checkDevice(device: Device, reference: Device): Promise<void> {
  const inputs = sampleInputs();
  const [expected, actual] = await Promise.all([runOnce(reference, inputs), runOnce(device, inputs)]);
  const worst = Math.max(...expected.map((array, i) => difference(array, actual[i])));
  if (!(worst < tolerance)) {
    throw new Error(`a convolution and its gradient differ from the CPU's by ${worst.toExponential(1)}`);
  }
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
  const inputs = [shape, [3, 3, channels, channels]].map(waves);
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
