import * as tf from '@tensorflow/tfjs';
import { registerLowerings } from '../../src/core/engine/kernels/register';
import { currentScope } from '../../src/core/engine/tracing/scope';
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
  private program = '';

  constructor() {
    registerLowerings();
    this.originals = tf.getKernelsForBackend(TRACE_BACKEND);
    for (const config of this.originals) this.replace({ ...config, kernelFunc: this.recording(config) });
  }

  /** The calls since the last time, in order of their ends, and the program that made them. */
  take(): { readonly name: string; readonly calls: readonly KernelCall[] } {
    const { program, calls } = this;
    this.calls = [];
    return { name: program, calls };
  }

  dispose(): void {
    for (const config of this.originals) this.replace(config);
  }

  private recording({ kernelName, kernelFunc }: tf.KernelConfig): tf.KernelFunc {
    const mark = (): number => numberOf(traceBackend().trace.graph.input('mark'));
    return (parameters) => {
      this.program = traceBackend().trace.program;
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
