import * as tf from '@tensorflow/tfjs';
import { currentBackend } from '../arrays/current-backend';
import { M2atError } from '../../errors';
import type { DType, NdArray, TypedArrays } from '../arrays/nd-array';

interface StorageEntry {
  values: unknown;
}

interface CpuBackend {
  readonly data: { get(dataId: object): StorageEntry };
  refCount(dataId: object): number;
}

/** TF.js's `cpu` backend, the home of every variable. */
function cpuBackend(): CpuBackend {
  const backend: unknown = tf.findBackend('cpu');
  if (isCpuBackend(backend)) return backend;
  throw new M2atError('internal', "TF.js's cpu backend is missing.");
}

function isCpuBackend(backend: unknown): backend is CpuBackend {
  if (typeof backend !== 'object' || backend === null || !('data' in backend) || !('refCount' in backend))
    return false;
  const { data, refCount } = backend;
  return typeof refCount === 'function' && typeof data === 'object' && data !== null && 'get' in data;
}

/** Runs `work` with TF.js's `cpu` backend as the current one. */
export function onCpu<T>(work: () => T): T {
  const previous = currentBackend();
  void tf.setBackend('cpu');
  try {
    return work();
  } finally {
    void tf.setBackend(previous);
  }
}

export function dtypeOf(tensor: tf.TensorInfo): DType {
  const { dtype } = tensor;
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new M2atError('unsupported', `A compiled program can't use a ${dtype} variable.`);
}

/** How often programs replaced the value of a variable: its two buffers alternate, so the buffer alone says little. */
const replacements = new WeakMap<tf.Variable, number>();

/** A variable's value on the host as it is at one moment, without the numbers. */
export interface HostState {
  readonly storage: unknown;
  readonly replacements: number;
}

/** Another state than before means that TF.js or a program on the host assigned the variable since. */
export function hostState(variable: tf.Variable): HostState {
  return {
    storage: cpuBackend().data.get(variable.dataId).values,
    replacements: replacements.get(variable) ?? 0,
  };
}

export function sameState(a: HostState, b: HostState): boolean {
  return a.storage === b.storage && a.replacements === b.replacements;
}

/** Gives the variable storage that no other tensor shares: then assigning one of those is a change of state. */
export function ownStorage(variable: tf.Variable): void {
  if (cpuBackend().refCount(variable.dataId) <= 1) return;
  const { dtype, shape, data } = variableArray(variable);
  onCpu(() => {
    const copy = tf.tensor(data.slice(), [...shape], dtype);
    variable.assign(copy);
    copy.dispose();
  });
}

/** The variable's own storage, not a copy. */
export function variableArray(variable: tf.Variable): NdArray {
  const dtype = dtypeOf(variable);
  const entry = cpuBackend().data.get(variable.dataId);
  const { values } = entry;
  const fits =
    (dtype === 'float32' && values instanceof Float32Array) ||
    (dtype === 'int32' && values instanceof Int32Array) ||
    (dtype === 'bool' && values instanceof Uint8Array);
  if (!fits)
    entry.values = emptyLike(dtype, Array.isArray(values) ? values : Array.from(variable.dataSync()));
  return { dtype, shape: variable.shape, data: typed(dtype, entry.values) };
}

function typed(dtype: DType, values: unknown): TypedArrays[DType] {
  if (dtype === 'float32' && values instanceof Float32Array) return values;
  if (dtype === 'int32' && values instanceof Int32Array) return values;
  if (dtype === 'bool' && values instanceof Uint8Array) return values;
  throw new M2atError('internal', 'A variable holds values of another type than its own.');
}

function emptyLike(dtype: DType, values: readonly unknown[]): TypedArrays[DType] {
  const numbers = values.map(Number);
  if (dtype === 'float32') return Float32Array.from(numbers);
  return dtype === 'int32' ? Int32Array.from(numbers) : Uint8Array.from(numbers);
}

export function allocate(dtype: DType, size: number): TypedArrays[DType] {
  if (dtype === 'float32') return new Float32Array(size);
  return dtype === 'int32' ? new Int32Array(size) : new Uint8Array(size);
}

/** Second buffers of the variables that programs assign: a run reads one and writes the other. */
const spares = new WeakMap<tf.Variable, TypedArrays[DType]>();

/** A buffer for the next value of `variable`. */
export function takeSpare(variable: tf.Variable): TypedArrays[DType] {
  const spare = spares.get(variable) ?? allocate(dtypeOf(variable), variable.size);
  spares.delete(variable);
  return spare;
}

/** Makes `next` the value of `variable` without copying; its old buffer becomes the spare one. */
export function replaceValue(variable: tf.Variable, next: TypedArrays[DType]): void {
  replacements.set(variable, (replacements.get(variable) ?? 0) + 1);
  const backend = cpuBackend();
  const entry = backend.data.get(variable.dataId);
  if (backend.refCount(variable.dataId) > 1) {
    // Another tensor (a clone, say) shares the old storage and keeps it.
    onCpu(() => {
      const tensor = tf.tensor(next, variable.shape, variable.dtype);
      variable.assign(tensor);
      tensor.dispose();
    });
    return;
  }
  spares.set(variable, typed(dtypeOf(variable), entry.values));
  entry.values = next;
}
