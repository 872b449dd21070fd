import type * as tf from '@tensorflow/tfjs';
import type { NdArray } from './nd-array';

/** Every route by which a program can run; `docs/engine.md` says what each needs. */
export const deviceNames = [
  'onnx-cpu',
  'onnx-cuda',
  'onnx-webgpu',
  'onnx-dml',
  'onnx-coreml',
  'tensorflow',
  'tfjs-cpu',
] as const;

export type DeviceName = (typeof deviceNames)[number];

/**
 * A program: a pure function written against the TensorFlow.js API. It may read and assign `tf.Variable`s.
 * It must not read the value of a tensor (`dataSync`), because under tracing there is none.
 */
export type Program = (...inputs: tf.Tensor[]) => tf.Tensor[];

/** A program bound to a device. Input shapes that were not seen before are traced and compiled on first use. */
export interface CompiledProgram {
  readonly name: string;
  /**
   * Runs the program once. Variables that the program assigns hold their new values afterwards and are
   * readable through TF.js (`variable.dataSync()`); such a view is valid until the next run.
   */
  run(...inputs: NdArray[]): Promise<NdArray[]>;
  dispose(): Promise<void>;
}

export interface Device {
  readonly name: DeviceName;
  /** One line for people: provider, version, threads. */
  readonly description: string;
  /** Binds `program` to this device. `name` is used in errors and profiles. Cheap: nothing is traced yet. */
  compile(name: string, program: Program): CompiledProgram;
  dispose(): Promise<void>;
}

/** The state of one route on this machine, as `m2at devices` lists it. */
export interface DeviceState {
  readonly name: DeviceName;
  readonly available: boolean;
  /** What it is when it can be used; why not, and what would help, when it can't. */
  readonly detail: string;
}
