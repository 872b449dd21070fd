import * as tf from '@tensorflow/tfjs';
import { M2atError } from '../../errors';
import type { Trace } from '../tracing/trace';
import { TRACE_BACKEND, traceBackend } from '../tracing/trace-backend';
import type { Value } from '../tracing/value';

/** Emits the nodes of one TF.js kernel and says what its outputs are. */
export type Lowering<N extends string, A> = (
  trace: Trace,
  inputs: Readonly<Record<N, Value>>,
  attributes: A,
) => Value | Value[];

/**
 * Registers the lowering of a TF.js kernel. `names` are the kernel's input names; `A` is the type that
 * TF.js documents for its attributes.
 */
export function lower<const N extends string, A = object>(
  kernelName: string,
  names: readonly N[],
  lowering: Lowering<N, A>,
): void {
  register(kernelName, (trace, inputs, attributes) => {
    const values: Partial<Record<N, Value>> = {};
    for (const name of names) {
      const input = inputs[name];
      if (!input) throw trace.unsupported(`${kernelName} without the input "${name}"`);
      values[name] = traceBackend().valueFor(input);
    }
    if (!isComplete(values, names)) throw new M2atError('internal', `${kernelName} lacks an input.`);
    // TF.js itself types attributes no further than this: the kernel's interface is the contract.
    return lowering(trace, values, attributes as A);
  });
}

/** How a kernel with any number of inputs, or optional ones, becomes nodes. */
export type ManyLowering<A> = (
  trace: Trace,
  inputs: Readonly<Record<string, Value | undefined>>,
  attributes: A,
) => Value | Value[];

/** Registers the lowering of a kernel with any number of inputs (or optional ones), by name. */
export function lowerMany<A = object>(kernelName: string, lowering: ManyLowering<A>): void {
  register(kernelName, (trace, inputs, attributes) => {
    const values: Record<string, Value> = {};
    for (const [name, info] of Object.entries(given(inputs))) values[name] = traceBackend().valueFor(info);
    return lowering(trace, values, attributes as A);
  });
}

const lowered = new Set<string>();

/** The TF.js kernels that have a lowering, once `registerLowerings` has run. */
export function loweredKernels(): readonly string[] {
  return [...lowered];
}

/** Registers a kernel for every op of TF.js's `cpu` backend that has no lowering: it throws and names the op. */
export function refuseTheRest(): void {
  for (const { kernelName } of tf.getKernelsForBackend(TRACE_BACKEND)) lowered.add(kernelName);
  for (const { kernelName } of tf.getKernelsForBackend('cpu')) {
    if (lowered.has(kernelName)) continue;
    register(kernelName, (trace) => {
      throw trace.unsupported(`the op ${kernelName} has no lowering`);
    });
  }
}

function isComplete<N extends string>(
  values: Partial<Record<N, Value>>,
  names: readonly N[],
): values is Record<N, Value> {
  return names.every((name) => values[name] !== undefined);
}

function register(
  kernelName: string,
  run: (trace: Trace, inputs: tf.NamedTensorInfoMap, attributes: unknown) => Value | Value[],
): void {
  tf.registerKernel({
    kernelName,
    backendName: TRACE_BACKEND,
    kernelFunc: ({ inputs, attrs }) => {
      const backend = traceBackend();
      const { trace } = backend;
      trace.onKernel?.({ kernel: kernelName, inputs: given(inputs), attributes: attrs ?? {} });
      const result = run(trace, inputs, attrs ?? {});
      return Array.isArray(result)
        ? result.map((value) => backend.tensorOf(value))
        : backend.tensorOf(result);
    },
  });
}

/** TF.js passes absent optional inputs as undefined or null. */
function given(inputs: tf.NamedTensorInfoMap): Record<string, tf.TensorInfo> {
  const all: Record<string, tf.TensorInfo | undefined | null> = inputs;
  return Object.fromEntries(Object.entries(all).flatMap(([name, info]) => (info ? [[name, info]] : [])));
}
