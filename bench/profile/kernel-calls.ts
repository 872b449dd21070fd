import * as tf from '@tensorflow/tfjs';
import { registerLowerings } from '../../src/core/engine/kernels/register';
import { currentScope } from '../../src/core/engine/graph/scope';
import type { Trace } from '../../src/core/engine/tracing/trace';
import { TRACE_BACKEND, traceBackend } from '../../src/core/engine/tracing/trace-backend';

/** One call of a TF.js kernel while a program was traced, and the names that it gave to nodes. */
export interface KernelCall {
  readonly kernel: string;
  /** Layer, empty in gradients and updates. */
  readonly scope: string;
  /** Names with a number between the two, both excluded, are of nodes that this call emitted. */
  readonly from: number;
  readonly to: number;
}

/** Records every kernel call of programs that are traced while it is open. */
export class KernelCalls {
  private readonly originals: tf.KernelConfig[];
  private calls: KernelCall[] = [];
  private trace: Trace | undefined;

  constructor() {
    registerLowerings();
    this.originals = tf.getKernelsForBackend(TRACE_BACKEND);
    for (const config of this.originals) this.replace({ ...config, kernelFunc: this.recording(config) });
  }

  /** The program that was traced last, and its calls in order of their ends. */
  latest(): { readonly name: string; readonly calls: readonly KernelCall[] } {
    return { name: this.trace?.program ?? '', calls: this.calls };
  }

  dispose(): void {
    for (const config of this.originals) this.replace(config);
  }

  private recording({ kernelName, kernelFunc }: tf.KernelConfig): tf.KernelFunc {
    return (parameters) => {
      const { trace } = traceBackend();
      if (trace !== this.trace) this.calls = [];
      this.trace = trace;
      const mark = (): number => numberOf(trace.graph.input('mark'));
      const [scope, from] = [currentScope(), mark()];
      const result = kernelFunc(parameters);
      this.calls.push({ kernel: kernelName, scope, from, to: mark() });
      return result;
    };
  }

  private replace(config: tf.KernelConfig): void {
    tf.unregisterKernel(config.kernelName, TRACE_BACKEND);
    tf.registerKernel(config);
  }
}

/** The call that emitted the node with this output name: the innermost one where calls are nested. */
export function callOf(recorded: readonly KernelCall[], name: string): KernelCall | undefined {
  const number = numberOf(name);
  return recorded.find(({ from, to }) => from < number && number < to);
}

/** Names in a graph are numbered in the order in which they are given. */
function numberOf(name: string): number {
  return Number(/\d+$/.exec(name)?.[0] ?? NaN);
}
