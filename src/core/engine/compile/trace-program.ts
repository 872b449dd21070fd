import * as tf from '@tensorflow/tfjs';
import { currentBackend } from '../arrays/current-backend';
import { M2atError } from '../../errors';
import type { Program } from '../tracing/program';
import type { Graph } from '../graph/graph';
import { optimize } from '../graph/passes';
import { registerLowerings } from '../kernels/register';
import type { DType } from '../arrays/nd-array';
import { dtypeOf, onCpu } from '../tracing/host-storage';
import { asProgram, programPlace } from '../graph/program-place';
import { Trace, type KernelCall, type Target } from '../tracing/trace';
import { TRACE_BACKEND, constantValue, traceBackend } from '../tracing/trace-backend';
import { Value } from '../tracing/value';

export interface InputSignature {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

export interface ProgramOutput extends InputSignature {
  readonly name: string;
}

/** A program as a graph, and what its inputs and outputs are. */
export interface TracedProgram {
  readonly graph: Graph;
  /** Names of the program's inputs, by position; undefined for one that is not used. */
  readonly inputs: readonly (string | undefined)[];
  readonly outputs: readonly ProgramOutput[];
  /** Variables that the program reads. */
  readonly captured: readonly { readonly name: string; readonly variable: tf.Variable }[];
  /** Variables that the program assigns. */
  readonly assigned: readonly { readonly name: string; readonly variable: tf.Variable }[];
  /** Where the program emitted a node, as `model.ts:42 (conv2)`; traces once more to find it. */
  readonly placeOf: (node: string) => string | undefined;
}

/**
 * Runs `program` once on the tracing backend and returns what it would compute as a graph.
 * Variables keep their values whatever happens.
 * Throws `unsupported` for what docs/compile.md lists: an op without a lowering, a value that is read, a promise.
 */
export function traceProgram(
  name: string,
  program: Program,
  signature: readonly InputSignature[],
  target: Target,
): TracedProgram {
  const placeOf = (node: string): string | undefined => {
    let where: string | undefined;
    const onNode = (emitted: string): void => {
      if (emitted === node) where = programPlace().where;
    };
    try {
      traceOnce(name, program, signature, target, { onNode });
    } catch {
      // The error that is being explained matters, not that the program has changed since.
    }
    return where;
  };
  return { ...traceOnce(name, program, signature, target), placeOf };
}

interface Listeners {
  readonly onNode?: (name: string) => void;
  readonly onKernel?: (call: KernelCall) => void;
}

/** The TF.js kernels that a program calls, in order. @throws as {@link traceProgram} */
export function kernelsOf(
  name: string,
  program: Program,
  signature: readonly InputSignature[],
): KernelCall[] {
  const calls: KernelCall[] = [];
  const onKernel = (call: KernelCall): void => {
    calls.push(call);
  };
  traceOnce(name, program, signature, { block: 0 }, { onKernel });
  return calls;
}

function traceOnce(
  name: string,
  program: Program,
  signature: readonly InputSignature[],
  target: Target,
  { onNode, onKernel }: Listeners = {},
): Omit<TracedProgram, 'placeOf'> {
  registerLowerings();
  const trace = new Trace(name, target);
  trace.graph.onNode = onNode;
  trace.onKernel = onKernel;
  const backend = traceBackend();
  const variables = new VariableKeeper();
  const captured = new Map<tf.Variable, string>();
  const previous = currentBackend();
  try {
    const homes = variables.homes;
    backend.begin(trace, (dataId) => {
      const variable = homes.get(dataId);
      if (!variable) return hostConstant(dataId);
      const input = trace.graph.graphInput('v');
      captured.set(variable, input);
      return new Value({ dtype: dtypeOf(variable), shape: variable.shape, names: { plain: input } });
    });
    void tf.setBackend(TRACE_BACKEND);
    tf.engine().startScope();
    try {
      const names = signature.map(() => trace.graph.input('in'));
      const inputs = signature.map(({ dtype, shape }, i) => {
        const value = new Value({ dtype, shape, names: { plain: names[i] ?? '' } });
        return tf.engine().makeTensorFromTensorInfo(backend.tensorOf(value));
      });
      const results = runProgram(name, program, inputs).map((tensor) => backend.valueFor(tensor));
      const assigned = variables
        .assigned()
        .map((variable) => ({ variable, value: backend.valueFor(variable) }));
      return finish(trace, { names, signature, captured, results, assigned });
    } finally {
      tf.engine().endScope();
    }
  } finally {
    releaseTape();
    variables.restore();
    backend.end();
    void tf.setBackend(previous);
  }
}

/** TF.js keeps what a gradient has saved when an error ends it. */
function releaseTape(): void {
  const { state } = tf.engine();
  // There is none before the first gradient.
  if (!Array.isArray(state.activeTape) || state.gradientDepth > 0) return;
  for (const { saved } of state.activeTape) tf.dispose(saved ?? []);
  state.activeTape = [];
}

function runProgram(name: string, program: Program, inputs: tf.Tensor[]): tf.Tensor[] {
  const result: unknown = asProgram(() => withoutRandomness(name, () => program(...inputs)));
  // What is left of an asynchronous program fails on its own.
  if (result instanceof Promise) result.catch(() => undefined);
  const { refusal } = traceBackend();
  if (refusal !== undefined) throw refusal;
  const values: readonly unknown[] | undefined = Array.isArray(result) ? result : undefined;
  if (values?.every(isTensor)) return [...values];
  const what = result instanceof Promise ? 'a promise' : 'something else';
  throw new M2atError('unsupported', `The program "${name}" returned ${what}, not an array of tensors.`, {
    hint: 'A program is a plain function: no async, no await.',
  });
}

function isTensor(value: unknown): value is tf.Tensor {
  return value instanceof tf.Tensor;
}

/** Random numbers would be the same in every run of the compiled program, so drawing them is refused. */
function withoutRandomness<T>(program: string, run: () => T): T {
  const { random } = Math;
  Math.random = () => {
    throw new M2atError('unsupported', `The program "${program}" draws random numbers.`, {
      ...programPlace(),
      hint: 'They would be the same in every run: draw them outside and make them an input of the program.',
    });
  };
  try {
    return run();
  } finally {
    Math.random = random;
  }
}

interface Parts {
  readonly names: readonly string[];
  readonly signature: readonly InputSignature[];
  readonly captured: ReadonlyMap<tf.Variable, string>;
  readonly results: readonly Value[];
  readonly assigned: readonly { readonly variable: tf.Variable; readonly value: Value }[];
}

function finish(
  trace: Trace,
  { names, signature, captured, results, assigned }: Parts,
): Omit<TracedProgram, 'placeOf'> {
  const { graph } = trace;
  // Conversions to plain order may capture a variable, so they come before the inputs are listed.
  const output = (value: Value): ProgramOutput => ({
    name: graph.output(trace.plain(value)),
    dtype: value.dtype,
    shape: value.shape,
  });
  const outputs = results.map(output);
  const written = assigned.map(({ variable, value }) => {
    if (!Object.values(value.names).every((name) => graph.isVisible(name))) {
      const what = `The program "${trace.program}" assigns the variable ${variable.name} in the body of a loop.`;
      throw new M2atError('unsupported', what, {
        hint: 'Make it state of the loop, and assign the result.',
      });
    }
    return { variable, ...output(value) };
  });
  const whole: Graph = {
    nodes: graph.root.nodes,
    inputs: [],
    outputs: [...outputs, ...written.map(({ name, dtype, shape }) => ({ name, dtype, shape }))],
    initializers: graph.initializers,
  };
  const used = optimize(whole);
  const read = [...captured]
    .filter(([, name]) => used.has(name))
    .map(([variable, name]) => ({ name, variable }));
  whole.inputs = [
    ...signature.map(({ dtype, shape }, i) => ({ name: names[i] ?? '', dtype, shape })),
    ...read.map(({ name, variable }) => ({ name, dtype: dtypeOf(variable), shape: variable.shape })),
  ].filter(({ name }) => used.has(name));
  return {
    graph: whole,
    inputs: names.map((name) => (used.has(name) ? name : undefined)),
    outputs,
    captured: read,
    assigned: written.map(({ name, variable }) => ({ name, variable })),
  };
}

/** A tensor of another backend that is no variable: its value now is part of the program. */
function hostConstant(dataId: object): Value {
  const info = tf.engine().state.tensorInfo.get(dataId);
  if (!info) throw new M2atError('internal', 'A program reads a tensor that was disposed.', programPlace());
  const { backend, shape, dtype } = info;
  const values: unknown = backend.readSync(dataId);
  return constantValue(values, shape, dtype);
}

/** Holds on to the storage of every variable while a program that may assign them is traced. */
class VariableKeeper {
  private readonly kept: { variable: tf.Variable; original: tf.Tensor }[];

  constructor() {
    const variables = Object.values(tf.engine().registeredVariables);
    const seen = new Set<object>();
    this.kept = onCpu(() =>
      variables.map((variable) => {
        // Two variables made from one tensor share its storage until one of them is assigned.
        if (seen.has(variable.dataId))
          tf.tidy(() => {
            variable.assign(tf.tensor(variable.dataSync().slice(), variable.shape, variable.dtype));
          });
        seen.add(variable.dataId);
        return { variable, original: tf.keep(variable.clone()) };
      }),
    );
  }

  /** The variables by their storage. */
  get homes(): Map<object, tf.Variable> {
    return new Map(this.kept.map(({ variable }) => [variable.dataId, variable]));
  }

  /** The variables that were assigned since. */
  assigned(): tf.Variable[] {
    return this.kept
      .filter(({ variable, original }) => !variable.isDisposed && variable.dataId !== original.dataId)
      .map(({ variable }) => variable);
  }

  /** Gives every variable its own storage back. */
  restore(): void {
    onCpu(() => {
      for (const { variable, original } of this.kept) {
        if (!variable.isDisposed && variable.dataId !== original.dataId) variable.assign(original);
        original.dispose();
      }
    });
  }
}
