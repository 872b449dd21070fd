import * as tf from '@tensorflow/tfjs';
import { currentBackend } from './current-backend';
import type { CompiledProgram, Device, DeviceName, Program } from './device';
import type { NdArray } from './nd-array';

/**
 * Runs programs op by op on a TF.js backend: the same programs as the compiled devices, so it serves
 * `@tensorflow/tfjs-node-gpu` and, on the plain `cpu` backend, as the oracle of the tests.
 */
export class EagerDevice implements Device {
  constructor(
    readonly name: DeviceName,
    private readonly backend: string,
    readonly description: string,
  ) {}

  compile(name: string, program: Program): CompiledProgram {
    const { backend } = this;
    return {
      name,
      async run(...inputs: NdArray[]): Promise<NdArray[]> {
        const previous = currentBackend();
        void tf.setBackend(backend);
        let outputs: tf.Tensor[] = [];
        try {
          outputs = tf.tidy(() => program(...inputs.map(toTensor)));
          return await Promise.all(outputs.map(toNdArray));
        } finally {
          tf.dispose(outputs);
          void tf.setBackend(previous);
        }
      },
      dispose: () => Promise.resolve(),
    };
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }
}

function toTensor(array: NdArray): tf.Tensor {
  return tf.tensor(array.data, [...array.shape], array.dtype);
}

async function toNdArray(tensor: tf.Tensor): Promise<NdArray> {
  const data = await tensor.data();
  const { shape, dtype } = tensor;
  // A cast on the cpu backend may keep the array type that it had.
  if (dtype === 'float32')
    return { dtype, shape, data: data instanceof Float32Array ? data : Float32Array.from(data) };
  if (dtype === 'int32')
    return { dtype, shape, data: data instanceof Int32Array ? data : Int32Array.from(data) };
  if (dtype === 'bool')
    return { dtype, shape, data: data instanceof Uint8Array ? data : Uint8Array.from(data) };
  throw new TypeError(`A program returned a ${dtype} tensor; float32, int32 and bool are possible.`);
}
