import type { DeviceArray, ProgramInput } from '../arrays/device-array';
import type { NdArray } from '../arrays/nd-array';
import type { ProgramMemory } from '../sessions/program-memory';
import type { Program } from '../tracing/program';

/** Every route by which a program can run; `docs/devices.md` says what each needs. */
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

/** A program bound to a device. Input shapes that were not seen before are traced and compiled on first use. */
export interface CompiledProgram {
  readonly name: string;
  /**
   * Runs the program once and reads its results. Variables that the program assigns hold their new values
   * afterwards; they are readable through TF.js (`variable.dataSync()`) after `Device.synchronize`, and such a view
   * is valid until the next run.
   */
  run(...inputs: ProgramInput[]): Promise<NdArray[]>;
  /**
   * The same, but results stay on the device, as inputs of other programs of this device; the caller releases them.
   * The variables that the program assigns stay there as well, until `Device.synchronize`.
   */
  runOnDevice(...inputs: ProgramInput[]): Promise<DeviceArray[]>;
  dispose(): Promise<void>;
}

/** What a run's record says about the device that computed it. */
export interface DeviceDetails {
  /** Such as `CPUExecutionProvider`, `WebGpuExecutionProvider`, or TF.js's name of a backend. */
  readonly provider: string;
  /** The GPU by name, where it can be found out. */
  readonly adapter?: string;
  /** Which of several GPUs, from 0, where one was named or given. */
  readonly index?: number;
  readonly threads?: number;
  /** Memory layout of images: `NCHWc16`, `NCHWc8` or `NCHW`. */
  readonly layout?: string;
  /** Versions of the libraries that compute, by package name. */
  readonly versions: Readonly<Record<string, string>>;
  /** Why this device and not the one that was asked for: set when a device that was asked for failed. */
  readonly insteadOf?: { readonly name: DeviceName; readonly reason: string };
  /** How `auto` came to this device; absent where it was asked for by name. */
  readonly chosen?: string;
}

/** A node of a program that did not run on the device, but on another provider of the same session. */
export interface NodeFallback {
  readonly program: string;
  /** ONNX operator. */
  readonly op: string;
  readonly node: string;
  /** Where it ran, such as `CPUExecutionProvider`. */
  readonly provider: string;
}

export interface Device {
  readonly name: DeviceName;
  /** One line for people: provider, version, threads. */
  readonly description: string;
  readonly details: DeviceDetails;
  /**
   * Every node so far that ran elsewhere: those of programs that were compiled, each once, and another object where its
   * program ran again.
   */
  fallbacks(): readonly NodeFallback[];
  /** Binds `program` to this device. `name` is used in errors and profiles. Cheap: nothing is traced yet. */
  compile(name: string, program: Program): CompiledProgram;
  /**
   * Goes through the parts of some work without running anything: programs are traced, and give zeros. A part that goes
   * round in circles is cut short, and what one throws is left for the run to find. Absent where programs don't take the
   * host's memory, or nobody knows how much.
   */
  readonly planMemory?: ((parts: readonly (() => Promise<unknown>)[]) => Promise<ProgramMemory>) | undefined;
  /** What compiled programs may hold together from now on, in the same bytes: idle ones are freed where it is more. */
  readonly limitMemory?: ((bytes: number) => void) | undefined;
  /** Whether that is going on: then the time that a run takes says nothing. */
  readonly planning?: boolean;
  /** Brings the values of variables that programs assigned back to the host, where they aren't there already. */
  synchronize(): Promise<void>;
  dispose(): Promise<void>;
}

/** The state of one route on this machine, as `m2at devices` lists it. */
export interface DeviceState {
  readonly name: DeviceName;
  readonly available: boolean;
  /** Whether `auto` takes it on this machine. */
  readonly automatic?: boolean | undefined;
  /** What it is when it can be used; why not, and what would help, when it can't. */
  readonly detail: string;
}
