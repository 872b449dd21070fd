import type * as tf from '@tensorflow/tfjs';
import type * as ort from '../runtime/onnx-runtime';
import type { DeviceArray, ProgramInput } from '../arrays/device-array';
import type { ProgramOutput } from '../compile/trace-program';

/** Where a run writes: `tensor`, then one of the two. */
export interface Pending {
  readonly tensor: ort.Tensor;
  /** The run succeeded: what it wrote counts from now on. */
  commit(): void;
  /** The run failed: what it wrote is worth nothing. */
  abandon(): void;
}

/** A result that stays on the device, once its run succeeded. */
export interface PendingResult extends Omit<Pending, 'commit'> {
  commit(): DeviceArray;
}

/** Where the values of a device live between runs: in host memory, or on a GPU. */
export interface Memory {
  /** An input of a program as a feed. */
  input(input: ProgramInput): Promise<ort.Tensor>;
  /** The current value of a variable as a feed. */
  variable(variable: tf.Variable): Promise<ort.Tensor>;
  /** A place for the next value of a variable. */
  next(variable: tf.Variable): Promise<Pending>;
  /** A place for a result that is to stay on the device; undefined where ONNX Runtime makes one in host memory. */
  result(output: ProgramOutput): Promise<PendingResult | undefined>;
  /** Brings variables back to TF.js's storage. */
  synchronize(): Promise<void>;
  /** Frees everything. */
  dispose(): void;
}
