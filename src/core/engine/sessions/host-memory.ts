import type * as tf from '@tensorflow/tfjs';
import type * as ort from '../runtime/onnx-runtime';
import { readArray, type ProgramInput } from '../arrays/device-array';
import type { Memory, Pending } from './memory';
import { tensorOf } from './ort-tensor';
import { replaceValue, takeSpare, variableArray } from '../tracing/host-storage';

/**
 * Variables stay in TF.js's own storage: a run reads it without a copy and writes the next value into a second
 * buffer, which then becomes the storage.
 */
export class HostMemory implements Memory {
  async input(input: ProgramInput): Promise<ort.Tensor> {
    return tensorOf(await readArray(input));
  }

  variable(variable: tf.Variable): Promise<ort.Tensor> {
    return Promise.resolve(tensorOf(variableArray(variable)));
  }

  next(variable: tf.Variable): Promise<Pending> {
    const { dtype, shape } = variableArray(variable);
    const data = takeSpare(variable);
    return Promise.resolve({
      tensor: tensorOf({ dtype, shape, data }),
      commit: () => {
        replaceValue(variable, data);
      },
      abandon: () => undefined,
    });
  }

  result(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  synchronize(): Promise<void> {
    return Promise.resolve();
  }

  dispose(): void {
    // TF.js owns the variables.
  }
}
