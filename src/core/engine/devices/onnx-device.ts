import type * as tf from '@tensorflow/tfjs';
import { createHash } from 'node:crypto';
import type { CompiledProgram, Device, DeviceDetails, DeviceName, NodeFallback } from './device';
import type { Program } from '../tracing/program';
import type { DeviceArray, ProgramInput } from '../arrays/device-array';
import { HostResult, readArray } from '../arrays/device-array';
import { graphMemory } from '../graph/graph-memory';
import { encodeOnnxModel } from '../graph/onnx-model';
import type { Memory } from '../sessions/memory';
import { sizeOf, type NdArray } from '../arrays/nd-array';
import { openSession } from '../sessions/onnx-session';
import { assignedMemory, sessionMemory, type ProgramMemory } from '../sessions/program-memory';
import type { ProviderSession, SessionOptions } from '../sessions/provider-session';
import { RecentMap } from '../sessions/recent-map';
import { runGraph } from '../sessions/run-graph';
import { SessionPool, type PoolStatistics } from '../sessions/session-pool';
import { Turns } from './turns';
import { allocate } from '../tracing/host-storage';
import type { Target } from '../tracing/trace';
import { traceProgram, type TracedProgram } from '../compile/trace-program';

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
  /** Programs run in the host's memory, in ONNX Runtime's own arena. */
  readonly inHostMemory?: boolean;
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
  private plan: MemoryPlan | undefined;
  /** Undefined on a GPU: its memory is not planned. */
  readonly planMemory: Device['planMemory'];
  readonly limitMemory: Device['limitMemory'];

  constructor(private readonly options: OnnxDeviceOptions) {
    this.name = options.name;
    this.description = options.description;
    this.details = options.details;
    this.memory = options.memory(this.turns);
    if (options.inHostMemory !== true) return;
    this.planMemory = (parts) => this.planned(parts);
    this.limitMemory = (bytes) => {
      pool.maxBytes = bytes;
    };
  }

  get planning(): boolean {
    return this.plan !== undefined;
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
        if (this.plan) return this.plan.enter(plan);
        return pool.use(
          plan.key,
          () => openSession(name, traced, model, session),
          async (opened) => {
            const results = await runGraph(opened, { name, traced, memory: this.memory }, inputs, keep);
            this.record(name, opened);
            return results;
          },
          () => bytesOf(plan),
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

  private async planned(parts: readonly (() => Promise<unknown>)[]): Promise<ProgramMemory> {
    const plans: MemoryPlan[] = [];
    try {
      for (const part of parts) {
        const plan = new MemoryPlan();
        plans.push(plan);
        this.plan = plan;
        await part().catch(() => undefined);
      }
    } finally {
      this.plan = undefined;
    }
    const assigned = new Set(plans.flatMap((plan) => [...plan.assigned]));
    return { parts: plans.map(({ sessions }) => sessions), arrays: assignedMemory(assigned) };
  }

  /** Anew with each run, so that who shares the device can tell what is its own. */
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

/** Bytes of a plan's session, reckoned once. */
const reckoned = new WeakMap<TracedProgram, number>();

function bytesOf({ traced }: Plan): number {
  const known = reckoned.get(traced);
  if (known !== undefined) return known;
  const external = new Set(traced.assigned.map(({ name }) => name));
  const bytes = sessionMemory(graphMemory(traced.graph, external));
  reckoned.set(traced, bytes);
  return bytes;
}

/** Runs in a row that came to no new program: an attack that would go on like that for long. */
const PATIENCE = 32;

/** The programs that a part of some work comes to. */
class MemoryPlan {
  /** Bytes by graph. */
  readonly sessions = new Map<string, number>();
  readonly assigned = new Set<tf.Variable>();
  private runs = 0;

  /** Takes the place of a run. @throws Error when nothing new is to be expected */
  enter(plan: Plan): DeviceArray[] {
    const { traced, key } = plan;
    this.runs = this.sessions.has(key) ? this.runs + 1 : 0;
    if (this.runs > PATIENCE) throw new Error('no new program');
    if (this.runs === 0) this.sessions.set(key, bytesOf(plan));
    for (const { variable } of traced.assigned) this.assigned.add(variable);
    return traced.outputs.map(({ dtype, shape }) => {
      const data = allocate(dtype, sizeOf(shape));
      return new HostResult({ dtype, shape, data });
    });
  }
}

function planOf(traced: TracedProgram, options: SessionOptions): Plan {
  const model = encodeOnnxModel(traced.graph);
  const key = createHash('sha256').update(JSON.stringify(options)).update(model).digest('hex');
  return { traced, model, key };
}
