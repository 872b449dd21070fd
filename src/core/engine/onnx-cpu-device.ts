import { availableParallelism } from 'node:os';
import * as ort from 'onnxruntime-node';
import type { CompiledProgram, Device, DeviceDetails, NodeFallback, Program } from './device';
import { HostArray, readArray, type DeviceArray, type ProgramInput } from './device-array';
import type { NdArray } from './nd-array';
import { probeBlock } from './nchwc-probe';
import type { SessionOptions } from './onnx-session';
import { OnnxSession } from './onnx-session';
import { SessionCache } from './session-cache';
import type { Target } from './tracing/trace';
import { traceProgram } from './tracing/trace-program';

export interface OnnxCpuOptions {
  /** Threads within an op; 0 means all cores. */
  readonly threads: number;
  /**
   * `blocked` asks for ONNX Runtime's NCHWc layout, `portable` for plain NCHW. `auto` (the default) is blocked
   * where the start-up probe agrees with a plain convolution. `blocked` throws where it doesn't.
   */
  readonly layout?: 'auto' | 'blocked' | 'portable';
  /** Sessions kept for each program, one an input signature; the least recently used goes first. Default 8. */
  readonly sessions?: number;
}

/** Compiles programs for ONNX Runtime's CPU provider: the device that is always there. */
export class OnnxCpuDevice implements Device {
  readonly name = 'onnx-cpu';
  readonly description: string;
  readonly details: DeviceDetails;
  private readonly programs = new Set<OnnxProgram>();
  /** Runs take turns: they share the thread pool, and variables. */
  private last: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly target: Target,
    private readonly options: Required<OnnxCpuOptions>,
  ) {
    const threads = options.threads || availableParallelism();
    const layout = target.block ? `NCHWc${target.block}` : 'NCHW';
    const version = ort.env.versions.node ?? ort.env.versions.common;
    this.details = {
      provider: 'CPUExecutionProvider',
      threads,
      layout,
      versions: { 'onnxruntime-node': version },
    };
    this.description = `ONNX Runtime ${version}, CPU provider, ${threads} thread${threads === 1 ? '' : 's'}, ${layout}`;
  }

  /** Opens the device. Throws M2atError `device` when `blocked` is asked for and this CPU can't. */
  static async open({ threads, layout = 'auto', sessions = 8 }: OnnxCpuOptions): Promise<OnnxCpuDevice> {
    const block = layout === 'portable' ? 0 : await probeBlock(layout === 'blocked');
    return new OnnxCpuDevice({ block }, { threads, layout, sessions });
  }

  compile(name: string, program: Program): CompiledProgram {
    const compiled = new OnnxProgram(name, this.options.sessions, {
      create: async (inputs) => {
        const signature = inputs.map(({ dtype, shape }) => ({ dtype, shape: [...shape] }));
        const traced = traceProgram(name, program, signature, this.target);
        return OnnxSession.create(name, traced, sessionOptions(this.options.threads));
      },
      inTurn: (work) => this.inTurn(work),
      onDispose: () => this.programs.delete(compiled),
    });
    this.programs.add(compiled);
    return compiled;
  }

  /** The CPU provider is the last resort of all: nothing falls back from it. */
  fallbacks(): readonly NodeFallback[] {
    return [];
  }

  /** Variables live in host memory. */
  synchronize(): Promise<void> {
    return Promise.resolve();
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.programs].map((program) => program.dispose()));
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.last.then(work);
    this.last = result.catch(() => undefined);
    return result;
  }
}

interface ProgramHost {
  readonly create: (inputs: readonly NdArray[]) => Promise<OnnxSession>;
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
  readonly onDispose: () => void;
}

class OnnxProgram implements CompiledProgram {
  private readonly sessions: SessionCache<OnnxSession>;

  constructor(
    readonly name: string,
    capacity: number,
    private readonly host: ProgramHost,
  ) {
    this.sessions = new SessionCache(capacity);
  }

  async runOnDevice(...inputs: ProgramInput[]): Promise<DeviceArray[]> {
    return (await this.run(...inputs)).map((array) => new HostArray(array));
  }

  async run(...arrays: ProgramInput[]): Promise<NdArray[]> {
    const inputs = await Promise.all(arrays.map(readArray));
    const key = inputs.map(({ dtype, shape }) => `${dtype}[${shape.join()}]`).join(' ');
    return this.host.inTurn(async () => {
      const session = await this.sessions.get(key, () => this.host.create(inputs));
      return session.run(inputs);
    });
  }

  async dispose(): Promise<void> {
    this.host.onDispose();
    await this.host.inTurn(() => this.sessions.clear());
  }
}

function sessionOptions(threads: number): SessionOptions {
  return {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    // Failures are thrown; ONNX Runtime need not print them as well.
    logSeverityLevel: 4,
    ...(threads ? { intraOpNumThreads: threads } : {}),
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  };
}
