import { availableParallelism } from 'node:os';
import * as ort from '../runtime/onnx-runtime';
import type { DeviceDetails } from './device';
import { HostMemory } from '../sessions/host-memory';
import { probeBlock } from './nchwc-probe';
import { OnnxDevice } from './onnx-device';
import type { SessionOptions } from '../sessions/provider-session';

export interface OnnxCpuOptions {
  /** Threads within an op; 0 means all cores. */
  readonly threads: number;
  /**
   * `blocked` asks for ONNX Runtime's NCHWc layout, `portable` for plain NCHW. `auto` (the default) is blocked
   * where the start-up probe agrees with a plain convolution. `blocked` throws where it doesn't.
   */
  readonly layout?: 'auto' | 'blocked' | 'portable';
  /**
   * Sums of rows begin at an aligned address, so that they are rounded in the same way wherever a row lies in its batch.
   * True by default.
   */
  readonly alignedRows?: boolean | undefined;
  /** Traced graphs kept for each program, one an input signature. Default 8. */
  readonly signatures?: number;
  /** What its details say beside what it knows of itself. */
  readonly notes?: Pick<DeviceDetails, 'insteadOf' | 'chosen'>;
}

/** Options of the CPU's sessions; 0 threads are all cores. */
export function cpuSession(threads: number): SessionOptions {
  return {
    executionProviders: ['cpu'],
    // Our own passes have fused what can be: more than this only takes time (measured: the same runs, 1.5 times the build).
    graphOptimizationLevel: 'basic',
    executionMode: 'sequential',
    // Failures are thrown; ONNX Runtime need not print them as well.
    logSeverityLevel: 4,
    // Planning memory ahead took 40 % more of it for no time that could be measured.
    enableMemPattern: false,
    ...(threads ? { intraOpNumThreads: threads } : {}),
    // Threads that spin for long take the CPU from whoever has work on a shared machine; those that don't spin at all
    // wake late. Measured, a step of PGD in two threads: 20 microseconds cost 4 % on a busy machine, where spinning
    // without a limit cost 65 %, and gain 10 % on a quiet one, of the 15 % that there are.
    extra: { session: { intra_op: { allow_spinning: '1', spin_duration_us: '20' } } },
  };
}

/** Compiles programs for ONNX Runtime's CPU provider: the device that is always there. */
export class OnnxCpuDevice extends OnnxDevice {
  /** Opens the device. Throws M2atError `device` when `blocked` is asked for and this CPU can't. */
  static async open({
    threads: asked,
    layout = 'auto',
    alignedRows = true,
    signatures,
    notes,
  }: OnnxCpuOptions): Promise<OnnxCpuDevice> {
    const block = layout === 'portable' ? 0 : await probeBlock(layout === 'blocked');
    const threads = asked || availableParallelism();
    const stored = block ? `NCHWc${block}` : 'NCHW';
    const version = ort.env.versions.node ?? ort.env.versions.common;
    return new OnnxCpuDevice({
      name: 'onnx-cpu',
      description: `ONNX Runtime ${version}, CPU provider, ${threads} thread${threads === 1 ? '' : 's'}, ${stored}`,
      details: {
        provider: 'CPUExecutionProvider',
        threads,
        layout: stored,
        versions: { 'onnxruntime-node': version },
        ...notes,
      },
      target: { block, alignedRows },
      memory: () => new HostMemory(),
      inHostMemory: true,
      session: cpuSession(asked),
      ...(signatures === undefined ? {} : { signatures }),
    });
  }
}
