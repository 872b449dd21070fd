import * as ort from '../src/core/engine/runtime/onnx-runtime';
import type { Graph, GraphNode } from '../src/core/engine/graph/graph';
import { encodeOnnxModel } from '../src/core/engine/graph/onnx-model';
import { sizeOf } from '../src/core/engine/arrays/nd-array';

const REPETITIONS = 5;

/** What ONNX Runtime reaches on this machine, in single-precision GFLOP/s, the best of some runs. */
export interface Peak {
  /** Product of two square matrices of side 1024. */
  readonly product: number;
  /** 3x3 convolution of 32 images of 32 x 32 with 128 channels, filters constant: ONNX Runtime's own best. */
  readonly convolution: number;
}

export async function measurePeak(threads: number): Promise<Peak> {
  const side = 1024;
  const [square, images, filters] = [
    [side, side],
    [32, 128, 32, 32],
    [128, 128, 3, 3],
  ];
  return {
    product: await rate(threads, 2 * side ** 3, {
      node: { op: 'Gemm', domain: '', inputs: ['x', 'w'], outputs: ['y'], attributes: {} },
      x: square,
      w: square,
      y: square,
    }),
    convolution: await rate(threads, 2 * sizeOf(images) * 128 * 9, {
      node: {
        op: 'Conv',
        domain: '',
        inputs: ['x', 'w'],
        outputs: ['y'],
        attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] },
      },
      x: images,
      w: filters,
      y: images,
    }),
  };
}

interface Work {
  readonly node: GraphNode;
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly y: readonly number[];
}

async function rate(threads: number, flops: number, { node, x, w, y }: Work): Promise<number> {
  const weights = values(w);
  const graph: Graph = {
    nodes: [node],
    inputs: [{ name: 'x', dtype: 'float32', shape: x }],
    outputs: [{ name: 'y', dtype: 'float32', shape: y }],
    initializers: [{ name: 'w', dtype: 'float32', shape: w, bytes: new Uint8Array(weights.buffer) }],
  };
  const options = { intraOpNumThreads: threads, logSeverityLevel: 4 } as const;
  const session = await ort.InferenceSession.create(encodeOnnxModel(graph), options);
  const feeds = { x: new ort.Tensor('float32', values(x), [...x]) };
  const fetches = { y: new ort.Tensor('float32', values(y), [...y]) };
  await session.run(feeds, fetches);
  let best = 0;
  for (let i = 0; i < REPETITIONS; i++) {
    const start = performance.now();
    await session.run(feeds, fetches);
    best = Math.max(best, flops / ((performance.now() - start) * 1e6));
  }
  await session.release();
  return best;
}

function values(shape: readonly number[]): Float32Array {
  return Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i));
}
