import * as tf from '@tensorflow/tfjs';
import { M2atError } from '../../errors';
import type { DType, TypedArrays } from '../arrays/nd-array';
import { programPlace } from '../graph/program-place';
import type { Trace } from './trace';
import { Value } from './value';

export const TRACE_BACKEND = 'm2at-trace';

interface Stored {
  readonly value: Value;
  references: number;
}

/** The TF.js backend whose tensors are names in an ONNX graph. It can be used only while a program is traced. */
export class TraceBackend extends tf.KernelBackend {
  private stored = new WeakMap<object, Stored>();
  private active: Trace | undefined;
  /** Why the program can't be compiled, where it could not be told by throwing. */
  refusal: M2atError | undefined;
  /** Looks up tensors of other backends: captured variables and constants. */
  private foreign: (dataId: object) => Value = () => {
    throw new M2atError('internal', 'No program is being traced.');
  };

  /** The program being traced. */
  get trace(): Trace {
    if (!this.active) throw new M2atError('internal', 'The tracing backend is used outside of a trace.');
    return this.active;
  }

  begin(trace: Trace, foreign: (dataId: object) => Value): void {
    this.active = trace;
    this.refusal = undefined;
    this.foreign = foreign;
  }

  end(): void {
    this.active = undefined;
    this.stored = new WeakMap();
  }

  /** What a tensor stands for. */
  valueFor({ dataId }: { dataId: object }): Value {
    const stored = this.stored.get(dataId);
    if (stored) return stored.value;
    const value = this.foreign(dataId);
    this.stored.set(dataId, { value, references: 1 });
    return value;
  }

  /** A new tensor that stands for `value`. */
  tensorOf(value: Value): tf.TensorInfo {
    const dataId = {};
    this.stored.set(dataId, { value, references: 1 });
    return { dataId, shape: [...value.shape], dtype: value.dtype };
  }

  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): object {
    const dataId = {};
    this.stored.set(dataId, { value: constantValue(values, shape, dtype), references: 1 });
    return dataId;
  }

  override readSync(dataId: object): TypedArrays[DType] {
    const { constant, fill, shape, dtype } = this.valueFor({ dataId });
    if (constant) return constant;
    if (fill !== undefined)
      return tf.util.toTypedArray(Array<number>(tf.util.sizeFromShape([...shape])).fill(fill), dtype);
    const program = this.active ? ` "${this.active.program}"` : '';
    throw new M2atError('unsupported', `The program${program} reads the value of a tensor.`, {
      ...programPlace(),
      hint: 'A compiled program has no values while it is built: return the tensor and read it afterwards. A choice that depends on values is tf.where; a loop is repeat.',
    });
  }

  /** Keeps a refusal for the end of the trace: nobody may wait for the promise. */
  override read(dataId: object): Promise<tf.backend_util.BackendValues> {
    try {
      return Promise.resolve(this.readSync(dataId));
    } catch (error) {
      if (!(error instanceof M2atError)) throw error;
      this.refusal ??= error;
      return new Promise(() => undefined);
    }
  }

  override incRef(dataId: object): void {
    const stored = this.stored.get(dataId);
    if (stored) stored.references++;
  }

  override refCount(dataId: object): number {
    return this.stored.get(dataId)?.references ?? 0;
  }

  override disposeData(dataId: object, force = false): boolean {
    const stored = this.stored.get(dataId);
    if (!stored) return true;
    stored.references--;
    return force || stored.references <= 0;
  }

  override numDataIds(): number {
    return 0;
  }

  override memory(): { unreliable: boolean; reasons: string[] } {
    return { unreliable: true, reasons: ['A traced program has no tensors in memory.'] };
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override timerAvailable(): boolean {
    return false;
  }

  override dispose(): void {
    this.end();
  }
}

/** A value whose contents are known; a scalar when all elements are equal. */
export function constantValue(values: unknown, shape: readonly number[], dtype: tf.DataType): Value {
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') {
    throw new M2atError('unsupported', `A compiled program can't hold ${dtype} tensors.`, programPlace());
  }
  const own = isTyped(values, dtype);
  const data = own ? values : typedArray(values, dtype);
  const fill = onlyNumber(data);
  if (fill !== undefined) return new Value({ dtype, shape, stored: shape.map(() => 1), fill });
  // TF.js may change its tensors.
  return new Value({ dtype, shape, constant: own ? data.slice() : data });
}

const arrayTypes = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };

function isTyped(values: unknown, dtype: DType): values is TypedArrays[DType] {
  return values instanceof arrayTypes[dtype];
}

/** The number that all of them are. A plain loop: these may be 100 million. */
function onlyNumber(data: TypedArrays[DType]): number | undefined {
  const [first] = data;
  for (let i = 1; i < data.length; i++) if (!Object.is(data[i], first)) return undefined;
  return first;
}

function typedArray(values: unknown, dtype: DType): TypedArrays[DType] {
  if (values instanceof Float32Array || values instanceof Int32Array || values instanceof Uint8Array) {
    if (dtype === 'float32') return Float32Array.from(values);
    return dtype === 'int32' ? Int32Array.from(values) : Uint8Array.from(values);
  }
  if (Array.isArray(values)) return typedArray(Float64Array.from(values, Number), dtype);
  if (values instanceof Float64Array) {
    if (dtype === 'float32') return Float32Array.from(values);
    return dtype === 'int32' ? Int32Array.from(values) : Uint8Array.from(values);
  }
  throw new M2atError(
    'unsupported',
    'A compiled program reads a tensor whose contents are no numbers.',
    programPlace(),
  );
}

/** The one tracing backend of this process, registered with TF.js on first use. */
export function traceBackend(): TraceBackend {
  const existing: unknown = tf.findBackend(TRACE_BACKEND);
  if (existing instanceof TraceBackend) return existing;
  const backend = new TraceBackend();
  tf.registerBackend(TRACE_BACKEND, () => backend, 0);
  return backend;
}
