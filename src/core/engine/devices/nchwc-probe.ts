import * as ort from '../runtime/onnx-runtime';
import { M2atError, messageOf } from '../../errors';
import { sampleInputs, sampleProgram } from './device-probe';
import { difference } from './layer-check';
import type { Graph } from '../graph/graph';
import { NCHWC } from '../graph/graph';
import { encodeOnnxModel } from '../graph/onnx-model';
import type { NdArray } from '../arrays/nd-array';
import { OnnxSession } from '../sessions/onnx-session';
import { traceProgram } from '../compile/trace-program';
import type { Target } from '../tracing/trace';

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

const quiet: ort.InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  logSeverityLevel: 4,
  intraOpNumThreads: 1,
};

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

async function sample(target: Target): Promise<NdArray[]> {
  const inputs = sampleInputs();
  const traced = traceProgram('probe', sampleProgram, inputs, target);
  const session = await OnnxSession.create('probe', traced, quiet);
  try {
    return await session.run(inputs);
  } finally {
    await session.release();
  }
}
