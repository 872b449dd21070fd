import * as ort from '../runtime/onnx-runtime';
import { encodeOnnxModel } from '../graph/onnx-model';
import { allocate } from '../tracing/host-storage';
import type { NdArray } from '../arrays/nd-array';
import { sizeOf } from '../arrays/nd-array';
import { arrayOf, tensorOf } from './ort-tensor';

/** Element types that programs keep on a GPU; booleans are one byte in host memory and four on WebGPU. */
export type BufferType = 'float32' | 'int32';

interface Signature {
  readonly dtype: BufferType;
  readonly shape: readonly number[];
}

/** Buffers of one type and shape that wait for their next use; more than this are given back. */
const waiting = 4;

/** Allocates, fills, reads and recycles buffers of ONNX Runtime's WebGPU provider. */
export class GpuBuffers {
  private readonly free = new Map<string, ort.Tensor[]>();

  /** A buffer whose contents are undefined. */
  async allocate({ dtype, shape }: Signature): Promise<ort.Tensor> {
    const known = this.free.get(keyOf({ dtype, shape }))?.pop();
    return known ?? this.create({ dtype, shape, data: allocate(dtype, sizeOf(shape)) }, dtype);
  }

  /** A buffer with a copy of `array`. */
  upload(array: NdArray, dtype: BufferType): Promise<ort.Tensor> {
    return this.create(array, dtype);
  }

  /** Copies a buffer to `target`, which has its type and size. */
  async read(buffer: ort.Tensor, target: NdArray): Promise<NdArray> {
    const { shape, dtype } = target;
    const { read } = await copiers(dtype === 'int32' ? 'int32' : 'float32');
    const { y } = await read.run({ x: buffer }, { y: tensorOf(target) });
    return arrayOf(y, shape, dtype);
  }

  /** Takes a buffer back that nobody uses any more. */
  recycle(buffer: ort.Tensor, signature: Signature): void {
    const key = keyOf(signature);
    const list = this.free.get(key) ?? [];
    this.free.set(key, list);
    if (list.length < waiting) list.push(buffer);
    else buffer.dispose();
  }

  dispose(): void {
    for (const list of this.free.values()) for (const buffer of list) buffer.dispose();
    this.free.clear();
  }

  private async create(array: NdArray, dtype: BufferType): Promise<ort.Tensor> {
    const { write } = await copiers(dtype);
    const { y } = await write.run({ x: tensorOf(array) });
    if (!(y instanceof ort.Tensor) || y.location !== 'gpu-buffer')
      throw new Error('ONNX Runtime made no buffer on the GPU.');
    return y;
  }
}

function keyOf({ dtype, shape }: Signature): string {
  return `${dtype}[${shape.join()}]`;
}

interface Copiers {
  readonly write: ort.InferenceSession;
  readonly read: ort.InferenceSession;
}

/**
 * Two sessions a type that copy tensors of any shape to the GPU and back. They live as long as the process: a
 * buffer must not outlive the session that made it, nor the GPU's context, which goes with its last session.
 */
const sessions = new Map<BufferType, Promise<Copiers>>();

function copiers(dtype: BufferType): Promise<Copiers> {
  const known = sessions.get(dtype);
  if (known) return known;
  const created = createCopiers(dtype);
  sessions.set(dtype, created);
  created.catch(() => sessions.delete(dtype));
  return created;
}

async function createCopiers(dtype: BufferType): Promise<Copiers> {
  const model = encodeOnnxModel({
    nodes: [{ op: 'Identity', domain: '', inputs: ['x'], outputs: ['y'], attributes: {} }],
    inputs: [{ name: 'x', dtype, shape: undefined }],
    outputs: [{ name: 'y', dtype, shape: undefined }],
    initializers: [],
  });
  const options: ort.InferenceSession.SessionOptions = {
    executionProviders: ['webgpu'],
    logSeverityLevel: 4,
    extra: { session: { disable_cpu_ep_fallback: '1' } },
  };
  const write = await ort.InferenceSession.create(model, {
    ...options,
    preferredOutputLocation: 'gpu-buffer',
  });
  return { write, read: await ort.InferenceSession.create(model, options) };
}
