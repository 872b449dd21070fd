import type * as tf from '@tensorflow/tfjs';
import type * as ort from '../runtime/onnx-runtime';
import { M2atError } from '../../errors';
import { readArray, type DeviceArray, type ProgramInput } from '../arrays/device-array';
import { GpuBuffers, type BufferType } from '../sessions/gpu-buffers';
import { HostMemory } from '../sessions/host-memory';
import type { Memory, Pending, PendingResult } from '../sessions/memory';
import type { HostState } from '../tracing/host-storage';
import {
  allocate,
  hostState,
  ownStorage,
  replaceValue,
  sameState,
  takeSpare,
  variableArray,
} from '../tracing/host-storage';
import type { NdArray } from '../arrays/nd-array';
import { sizeOf } from '../arrays/nd-array';
import { tensorOf } from '../sessions/ort-tensor';
import type { Turns } from './turns';
import type { ProgramOutput } from '../compile/trace-program';

/** A variable on the GPU. */
interface Resident {
  value: ort.Tensor;
  /** A second buffer: a run reads one and writes the other. */
  spare: ort.Tensor | undefined;
  /** The variable on the host when `value` was made: another state means that the host assigned it. */
  host: HostState;
  /** A program assigned it, and the host does not have the value yet. */
  ahead: boolean;
}

/**
 * Variables and results stay in GPU buffers between runs. A variable is uploaded when a program first reads it and
 * whenever the host assigned it since; its value comes back with `synchronize`.
 */
export class GpuMemory implements Memory {
  private readonly buffers = new GpuBuffers();
  private readonly residents = new Map<tf.Variable, Resident>();
  private readonly host = new HostMemory();

  /** `turns` are those of the device's programs. */
  constructor(private readonly turns: Turns) {}

  async input(input: ProgramInput): Promise<ort.Tensor> {
    if (input instanceof GpuArray && input.owner === this) return input.buffer;
    return tensorOf(await readArray(input));
  }

  async variable(variable: tf.Variable): Promise<ort.Tensor> {
    const dtype = bufferType(variable.dtype);
    if (!dtype) return this.host.variable(variable);
    const known = this.residents.get(variable);
    if (known && sameState(known.host, hostState(variable))) return known.value;
    const value = await this.buffers.upload(variableArray(variable), dtype);
    if (known) this.buffers.recycle(known.value, { dtype, shape: variable.shape });
    // variableArray may have replaced a storage that was no typed array.
    const host = hostState(variable);
    this.residents.set(variable, { value, spare: known?.spare, host, ahead: false });
    return value;
  }

  async next(variable: tf.Variable): Promise<Pending> {
    const dtype = bufferType(variable.dtype);
    if (!dtype) return this.host.next(variable);
    this.forgetDisposed();
    const signature = { dtype, shape: variable.shape };
    const known = this.residents.get(variable);
    const tensor = known?.spare ?? (await this.buffers.allocate(signature));
    if (known) known.spare = undefined;
    return {
      tensor,
      commit: () => {
        ownStorage(variable);
        const spare = this.residents.get(variable)?.value;
        this.residents.set(variable, { value: tensor, spare, host: hostState(variable), ahead: true });
      },
      abandon: () => {
        this.buffers.recycle(tensor, signature);
      },
    };
  }

  async result({ dtype: type, shape }: ProgramOutput): Promise<PendingResult | undefined> {
    const dtype = bufferType(type);
    if (!dtype) return undefined;
    const tensor = await this.buffers.allocate({ dtype, shape });
    return {
      tensor,
      commit: () => new GpuArray(this, tensor, dtype, shape),
      abandon: () => {
        this.buffers.recycle(tensor, { dtype, shape });
      },
    };
  }

  async synchronize(): Promise<void> {
    this.forgetDisposed();
    for (const [variable, resident] of this.residents) {
      if (!resident.ahead) continue;
      resident.ahead = false;
      // What the host assigned since is newer.
      if (!sameState(resident.host, hostState(variable))) continue;
      const { dtype, shape } = variableArray(variable);
      const data = takeSpare(variable);
      await this.buffers.read(resident.value, { dtype, shape, data });
      replaceValue(variable, data);
      resident.host = hostState(variable);
    }
  }

  /** The values of a result. */
  read(
    buffer: ort.Tensor,
    { dtype, shape }: { dtype: BufferType; shape: readonly number[] },
  ): Promise<NdArray> {
    const target = { dtype, shape, data: allocate(dtype, sizeOf(shape)) };
    return this.turns.next(() => this.buffers.read(buffer, target));
  }

  recycle(buffer: ort.Tensor, signature: { dtype: BufferType; shape: readonly number[] }): void {
    this.buffers.recycle(buffer, signature);
  }

  dispose(): void {
    for (const { value, spare } of this.residents.values()) {
      value.dispose();
      spare?.dispose();
    }
    this.residents.clear();
    this.buffers.dispose();
  }

  private forgetDisposed(): void {
    for (const [variable, { value, spare }] of this.residents) {
      if (!variable.isDisposed) continue;
      this.residents.delete(variable);
      value.dispose();
      spare?.dispose();
    }
  }
}

/** A result in a buffer on the GPU. */
class GpuArray implements DeviceArray {
  private released = false;

  constructor(
    readonly owner: GpuMemory,
    private readonly tensor: ort.Tensor,
    readonly dtype: BufferType,
    readonly shape: readonly number[],
  ) {}

  get buffer(): ort.Tensor {
    if (this.released) throw new M2atError('internal', 'An array on the GPU is used after its release.');
    return this.tensor;
  }

  read(): Promise<NdArray> {
    return this.owner.read(this.buffer, this);
  }

  release(): void {
    if (this.released) return;
    this.released = true;
    this.owner.recycle(this.tensor, this);
  }
}

function bufferType(dtype: string): BufferType | undefined {
  return dtype === 'float32' || dtype === 'int32' ? dtype : undefined;
}
