import * as tf from '@tensorflow/tfjs';
import * as ort from 'onnxruntime-node';
import { M2atError, messageOf } from '../errors';
import type { Graph } from './graph/graph';
import { NCHWC } from './graph/graph';
import { encodeOnnxModel } from './graph/onnx-model';
import type { NdArray } from './nd-array';
import { float32, sizeOf } from './nd-array';
import { OnnxSession } from './onnx-session';
import { batchNormTrain } from './ops/batch-norm';
import { traceProgram } from './tracing/trace-program';
import type { Target } from './tracing/trace';

type Block = Target['block'];

let probed: Promise<{ block: Block; reason: string }> | undefined;

/**
 * The channel block that ONNX Runtime's NCHWc operators use on this CPU, or 0 where they are missing or
 * disagree with plain convolutions. They are internal to ONNX Runtime, so this is tried once a process.
 * Throws M2atError `device` for 0 when `required`.
 */
export async function probeBlock(required = false): Promise<Block> {
  probed ??= probe();
  const { block, reason } = await probed;
  if (required && block === 0) {
    throw new M2atError('device', `The blocked layout can't be used on this CPU: ${reason}`, {
      hint: 'Use the portable layout.',
    });
  }
  return block;
}

async function probe(): Promise<{ block: Block; reason: string }> {
  try {
    const block = await blockSize();
    if (block !== 8 && block !== 16) return { block: 0, reason: `its block of ${block} channels is unknown` };
    const [expected, actual] = [await sample({ block: 0 }), await sample({ block })];
    const agrees = expected.every((array, i) => difference(array, actual[i]) < 1e-4);
    return agrees ? { block, reason: '' } : { block: 0, reason: 'it disagrees with a plain convolution' };
  } catch (error) {
    return { block: 0, reason: messageOf(error) };
  }
}

const quiet: ort.InferenceSession.SessionOptions = { logSeverityLevel: 4, intraOpNumThreads: 1 };

/** ReorderInput rounds the channels up to whole blocks: 4 channels become one block. */
async function blockSize(): Promise<number> {
  const graph: Graph = {
    nodes: [{ op: 'ReorderInput', domain: NCHWC, inputs: ['x'], outputs: ['y'], attributes: {} }],
    inputs: [{ name: 'x', dtype: 'float32', shape: [1, 4, 1, 1] }],
    outputs: [],
    initializers: [],
  };
  const model = encodeOnnxModel({ ...graph, outputs: [{ name: 'y', dtype: 'float32', shape: [] }] });
  const session = await ort.InferenceSession.create(model, quiet);
  try {
    const { y } = await session.run({
      x: new ort.Tensor('float32', Float32Array.of(1, 2, 3, 4), [1, 4, 1, 1]),
    });
    return y?.dims[1] ?? 0;
  } finally {
    await session.release();
  }
}

const shapes = [[2, 6, 6, 3], [3, 3, 3, 16], [3, 3, 16, 20], [20], [20]];

/** A little of everything that uses the blocked operators, with its gradient. */
async function sample(target: Target): Promise<NdArray[]> {
  const inputs = shapes.map((shape, seed) =>
    float32(
      Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i * 1.7 + seed)),
      shape,
    ),
  );
  const loss = (x: tf.Tensor, w1: tf.Tensor, w2: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor): tf.Scalar => {
    const options = { epsilon: 1e-3, relu: true };
    const a = tf.conv2d(x.as4D(2, 6, 6, 3), w1.as4D(3, 3, 3, 16), 1, 'same').relu();
    const b = tf.conv2d(a.as4D(2, 6, 6, 16), w2.as4D(3, 3, 16, 20), 2, 'same');
    const c = tf.maxPool(batchNormTrain(b, gamma, beta, options).y.as4D(2, 3, 3, 20), 2, 1, 'valid');
    return c.mean([1, 2]).square().sum();
  };
  const program = (...tensors: tf.Tensor[]): tf.Tensor[] => {
    const { value, grads } = tf.valueAndGrads((...args: tf.Tensor[]) => {
      const [x, w1, w2, gamma, beta] = args;
      if (!x || !w1 || !w2 || !gamma || !beta) throw new RangeError('The probe has five inputs.');
      return loss(x, w1, w2, gamma, beta);
    })(tensors);
    return [value, ...grads];
  };
  const traced = traceProgram('probe', program, inputs, target);
  const session = await OnnxSession.create('probe', traced, quiet);
  try {
    return await session.run(inputs);
  } finally {
    await session.release();
  }
}

/** Largest absolute difference over largest absolute value. */
function difference(a: NdArray, b: NdArray | undefined): number {
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
