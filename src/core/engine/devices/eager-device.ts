import * as tf from '@tensorflow/tfjs';
import { M2atError } from '../../errors';
import { currentBackend } from '../arrays/current-backend';
import type { CompiledProgram, Device, DeviceDetails, DeviceName, NodeFallback } from './device';
import type { Program } from '../tracing/program';
import { readArray, type DeviceArray, type ProgramInput } from '../arrays/device-array';
import { registerGradients } from '../gradients/register';
import type { DType, NdArray } from '../arrays/nd-array';
import { dtypeOf } from '../tracing/host-storage';
import { Turns } from './turns';

/**
 * Runs programs op by op on a TF.js backend: the same programs as the compiled devices, so it serves
 * `@tensorflow/tfjs-node-gpu` and, on the plain `cpu` backend, as the oracle of the tests.
 */
export class EagerDevice implements Device {
  readonly details: DeviceDetails;
  /** Programs may share variables: they run in the order in which they were started. */
  private readonly turns = new Turns();

  constructor(
    readonly name: DeviceName,
    private readonly backend: string,
    readonly description: string,
    notes: Partial<DeviceDetails> = {},
  ) {
    registerGradients();
    this.details = {
      provider: backend,
      ...notes,
      versions: { '@tensorflow/tfjs': tf.version_core, ...notes.versions },
    };
  }

  /** TF.js has one backend at a time: nothing falls back. */
  fallbacks(): readonly NodeFallback[] {
    return [];
  }

  compile(name: string, program: Program): CompiledProgram {
    const runOnDevice = (...inputs: ProgramInput[]): Promise<EagerArray[]> =>
      this.turns.next(async () => {
        const ready: (NdArray | EagerArray)[] = [];
        for (const input of inputs) ready.push(input instanceof EagerArray ? input : await readArray(input));
        return this.execute(program, ready);
      });
    return {
      name,
      run: async (...inputs) => {
        const results = await runOnDevice(...inputs);
        try {
          return await Promise.all(results.map((result) => result.read()));
        } finally {
          for (const result of results) result.release();
        }
      },
      runOnDevice,
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

  /** Not asynchronous, so that nobody else sees the backend that it switches to. */
  private execute(program: Program, inputs: readonly (NdArray | EagerArray)[]): EagerArray[] {
    const previous = currentBackend();
    void tf.setBackend(this.backend);
    try {
      const outputs = tf.tidy(() =>
        // Clones, because a program may return its input, a variable, or one tensor twice.
        program(...inputs.map(toTensor)).map((output) => tf.clone(output)),
      );
      return outputs.map((output) => new EagerArray(output));
    } finally {
      void tf.setBackend(previous);
    }
  }
}

/** A result as TF.js keeps it, on a GPU where its backend computes there. */
class EagerArray implements DeviceArray {
  readonly dtype: DType;
  readonly shape: readonly number[];

  constructor(private readonly tensor: tf.Tensor) {
    this.dtype = dtypeOf(tensor);
    this.shape = tensor.shape;
  }

  /** The tensor as a program's own, which the program may dispose. */
  share(): tf.Tensor {
    if (this.tensor.isDisposed)
      throw new M2atError('internal', 'An array on the device is used after its release.');
    return tf.clone(this.tensor);
  }

  async read(): Promise<NdArray> {
    const { dtype, shape, tensor } = this;
    // A copy: backends in host memory give away their own storage, which may be an input's or a variable's.
    const data: unknown = await tensor.data();
    if (data instanceof Float32Array || data instanceof Int32Array || data instanceof Uint8Array) {
      // A cast on the cpu backend may keep the array type that it had.
      if (dtype === 'float32') return { dtype, shape, data: Float32Array.from(data) };
      return dtype === 'int32'
        ? { dtype, shape, data: Int32Array.from(data) }
        : { dtype, shape, data: Uint8Array.from(data) };
    }
    throw new M2atError('internal', `TF.js gave no numbers for a ${dtype} tensor.`);
  }

  release(): void {
    this.tensor.dispose();
  }
}

function toTensor(input: NdArray | EagerArray): tf.Tensor {
  if (input instanceof EagerArray) return input.share();
  return tf.tensor(input.data, [...input.shape], input.dtype);
}
