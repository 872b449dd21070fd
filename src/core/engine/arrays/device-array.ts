import type { DType, NdArray } from './nd-array';

/**
 * An array that a program returned and that stays where it was computed: on the GPU, or in host memory on devices
 * that compute there. Programs of the same device take it as an input without a copy.
 */
export interface DeviceArray<T extends DType = DType> {
  readonly dtype: T;
  readonly shape: readonly number[];
  /** The values in host memory: a copy from a GPU, none on other devices. */
  read(): Promise<NdArray<T>>;
  /** Frees GPU memory; the array can't be used afterwards. Nothing happens on other devices. */
  release(): void;
}

/** What a compiled program takes: values from the host, or another program's result. */
export type ProgramInput<T extends DType = DType> = NdArray<T> | DeviceArray<T>;

/** A result that is in host memory anyway. */
export class HostResult<T extends DType = DType> implements DeviceArray<T> {
  readonly dtype: T;
  readonly shape: readonly number[];

  constructor(private readonly array: NdArray<T>) {
    this.dtype = array.dtype;
    this.shape = array.shape;
  }

  read(): Promise<NdArray<T>> {
    return Promise.resolve(this.array);
  }

  release(): void {
    // The garbage collector frees host memory.
  }
}

/** The values of an input in host memory. */
export function readArray<T extends DType>(input: ProgramInput<T>): Promise<NdArray<T>> {
  return 'read' in input ? input.read() : Promise.resolve(input);
}

/** Frees an input that a program returned; host arrays are left alone. */
export function releaseArray(input: ProgramInput): void {
  if ('release' in input) input.release();
}
