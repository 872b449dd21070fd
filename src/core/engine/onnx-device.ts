import { createHash } from 'node:crypto';
import type { CompiledProgram, Device, DeviceDetails, DeviceName, NodeFallback, Program } from './device';
import type { DeviceArray, ProgramInput } from './device-array';
import { readArray } from './device-array';
import { encodeOnnxModel } from './graph/onnx-model';
import type { Memory } from './memory';
import type { NdArray } from './nd-array';
import { openSession } from './onnx-session';
import type { ProviderSession, SessionOptions } from './provider-session';
import { RecentMap } from './recent-map';
import { runGraph } from './run-graph';
import { SessionPool, type PoolStatistics } from './session-pool';
import { Turns } from './turns';
import type { Target } from './tracing/trace';
import { traceProgram, type TracedProgram } from './tracing/trace-program';

/** Sessions of this process, by graph and options. */
const pool = new SessionPool<ProviderSession>(16);

/** What the sessions of this process did so far. */
export function poolStatistics(): PoolStatistics {
  return pool.statistics();
}

/** Releases the sessions that no program runs right now. */
export function clearPool(): Promise<void> {
  return pool.clear();
}

export interface OnnxDeviceOptions {
  readonly name: DeviceName;
  readonly description: string;
  readonly details: DeviceDetails;
  readonly target: Target;
  readonly session: SessionOptions;
  /** Makes the device's memory; programs and what reads their results take turns. */
  readonly memory: (turns: Turns) => Memory;
  /** Traced graphs kept for each program, one an input signature; the least recently used goes first. Default 8. */
  readonly signatures?: number;
}

/** Compiles programs for a provider of ONNX Runtime. */
export class OnnxDevice implements Device {
  readonly name: DeviceName;
  readonly description: string;
  readonly details: DeviceDetails;
  private readonly memory: Memory;
  /** Runs take turns: they share variables, and the provider's threads or queue. */
  private readonly turns = new Turns();
  private readonly found = new Map<string, NodeFallback>();

  constructor(private readonly options: OnnxDeviceOptions) {
    this.name = options.name;
    this.description = options.description;
    this.details = options.details;
    this.memory = options.memory(this.turns);
  }

  compile(name: string, program: Program): CompiledProgram {
    const { target, session, signatures = 8 } = this.options;
    const plans = new RecentMap<string, Plan>(signatures);
    const execute = (inputs: readonly ProgramInput[], keep: boolean): Promise<DeviceArray[]> =>
      this.turns.next(async () => {
        const signature = inputs.map(({ dtype, shape }) => ({ dtype, shape: [...shape] }));
        const key = signature.map(({ dtype, shape }) => `${dtype}[${shape.join()}]`).join(' ');
        const plan = plans.get(key, () => planOf(traceProgram(name, program, signature, target), session));
        const { traced, model } = plan;
        return pool.use(
          plan.key,
          () => openSession(name, traced, model, session),
          async (opened) => {
            const results = await runGraph(opened, { name, traced, memory: this.memory }, inputs, keep);
            this.record(name, opened);
            return results;
          },
        );
      });
    return {
      name,
      run: async (...inputs): Promise<NdArray[]> => {
        const results = await execute(inputs, false);
        return Promise.all(results.map(readArray));
      },
      runOnDevice: (...inputs) => execute(inputs, true),
      // Its sessions stay in the pool, for the next program with the same graph.
      dispose: () =>
        this.turns.next(() => {
          plans.clear();
          return Promise.resolve();
        }),
    };
  }

  fallbacks(): readonly NodeFallback[] {
    return [...this.found.values()];
  }

  synchronize(): Promise<void> {
    return this.turns.next(() => this.memory.synchronize());
  }

  dispose(): Promise<void> {
    return this.turns.next(() => {
      this.memory.dispose();
      return Promise.resolve();
    });
  }

  private record(program: string, { misplaced }: ProviderSession): void {
    for (const node of misplaced) this.found.set(`${program} ${node.node}`, { program, ...node });
  }
}

/** A traced program with its encoded graph and the name under which every program with that graph finds its session. */
interface Plan {
  readonly traced: TracedProgram;
  readonly model: Uint8Array;
  readonly key: string;
}

function planOf(traced: TracedProgram, options: SessionOptions): Plan {
  const model = encodeOnnxModel(traced.graph);
  const key = createHash('sha256').update(JSON.stringify(options)).update(model).digest('hex');
  return { traced, model, key };
}
