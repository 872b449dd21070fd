import * as tf from '@tensorflow/tfjs';
import { currentBackend } from './current-backend';
import type { CompiledProgram, Device, DeviceDetails, DeviceName, NodeFallback, Program } from './device';
import { HostArray, readArray, type DeviceArray, type ProgramInput } from './device-array';
import { registerGradients } from './gradients/register';
import type { NdArray } from './nd-array';

/**
 * Runs programs op by op on a TF.js backend: the same programs as the compiled devices, so it serves
 * `@tensorflow/tfjs-node-gpu` and, on the plain `cpu` backend, as the oracle of the tests.
 */
export class EagerDevice implements Device {
  readonly details: DeviceDetails;

  constructor(
    readonly name: DeviceName,
    private readonly backend: string,
    readonly description: string,
  ) {
    registerGradients();
    this.details = { provider: backend, versions: { '@tensorflow/tfjs': tf.version_core } };
  }

  /** TF.js has one backend at a time: nothing falls back. */
  fallbacks(): readonly NodeFallback[] {
    return [];
  }

  compile(name: string, program: Program): CompiledProgram {
    const { backend } = this;
    const run = async (...inputs: ProgramInput[]): Promise<NdArray[]> => {
      const arrays = await Promise.all(inputs.map(readArray));
      const previous = currentBackend();
      void tf.setBackend(backend);
      let outputs: tf.Tensor[] = [];
      try {
        outputs = tf.tidy(() => program(...arrays.map(toTensor)));
        return await Promise.all(outputs.map(toNdArray));
      } finally {
        tf.dispose(outputs);
        void tf.setBackend(previous);
      }
    };
    return {
      name,
      run,
      runOnDevice: async (...inputs: ProgramInput[]): Promise<DeviceArray[]> =>
        (await run(...inputs)).map((array) => new HostArray(array)),
      dispose: () => Promise.resolve(),
    };
  }

  /** TF.js keeps variables itself. */
  synchronize(): Promise<void> {
    return Promise.resolve();
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
