import type {
  CompiledProgram,
  Device,
  DeviceDetails,
  DeviceName,
  NodeFallback,
} from '../../../src/core/engine/devices/device';
import type { Program } from '../../../src/core/engine/tracing/program';
import type { DeviceArray, ProgramInput } from '../../../src/core/engine/arrays/device-array';
import type { DType, NdArray } from '../../../src/core/engine/arrays/nd-array';

/** A real device that counts the arrays which its programs left on it, and how many were read back. */
export class CountingDevice implements Device {
  /** Arrays that nobody released yet. */
  live = 0;
  /** Arrays that came to the host: results of `run`, and arrays that were read. */
  read = 0;

  /** The arrays of the real device, by what is given out instead. */
  private readonly originals = new WeakMap<object, DeviceArray>();

  constructor(private readonly device: Device) {}

  get name(): DeviceName {
    return this.device.name;
  }
  get description(): string {
    return this.device.description;
  }
  get details(): DeviceDetails {
    return this.device.details;
  }

  fallbacks(): readonly NodeFallback[] {
    return this.device.fallbacks();
  }

  compile(name: string, program: Program): CompiledProgram {
    const compiled = this.device.compile(name, program);
    const original = (input: ProgramInput): ProgramInput => this.originals.get(input) ?? input;
    return {
      name,
      run: async (...inputs: ProgramInput[]): Promise<NdArray[]> => {
        const outputs = await compiled.run(...inputs.map(original));
        this.read += outputs.length;
        return outputs;
      },
      runOnDevice: async (...inputs: ProgramInput[]): Promise<DeviceArray[]> =>
        (await compiled.runOnDevice(...inputs.map(original))).map((array) => this.counted(array)),
      dispose: () => compiled.dispose(),
    };
  }

  synchronize(): Promise<void> {
    return this.device.synchronize();
  }

  dispose(): Promise<void> {
    return this.device.dispose();
  }

  private counted<T extends DType>(array: DeviceArray<T>): DeviceArray<T> {
    this.live++;
    let released = false;
    const given: DeviceArray<T> = {
      dtype: array.dtype,
      shape: array.shape,
      read: () => {
        this.read++;
        return array.read();
      },
      release: () => {
        if (!released) this.live--;
        released = true;
        array.release();
      },
    };
    this.originals.set(given, array);
    return given;
  }
}
