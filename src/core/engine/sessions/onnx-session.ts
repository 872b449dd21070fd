import { encodeOnnxModel } from '../graph/onnx-model';
import { HostMemory } from './host-memory';
import type { NdArray } from '../arrays/nd-array';
import { readArray } from '../arrays/device-array';
import { M2atError, messageOf } from '../../errors';
import type { SessionOptions } from './provider-session';
import { ProviderSession } from './provider-session';
import { runGraph } from './run-graph';
import { failedPlace } from '../compile/failed-place';
import type { TracedProgram } from '../compile/trace-program';

export type { SessionOptions } from './provider-session';

/** One traced program in a session of its own, on the CPU: for probes and profiles, which share nothing. */
export class OnnxSession {
  private constructor(
    private readonly name: string,
    private readonly traced: TracedProgram,
    private readonly session: ProviderSession,
  ) {}

  static async create(name: string, traced: TracedProgram, options: SessionOptions): Promise<OnnxSession> {
    const model = encodeOnnxModel(traced.graph);
    return new OnnxSession(name, traced, await openSession(name, traced, model, options));
  }

  async run(inputs: readonly NdArray[]): Promise<NdArray[]> {
    const { name, traced } = this;
    const results = await runGraph(this.session, { name, traced, memory }, inputs, false);
    return Promise.all(results.map(readArray));
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}

const memory = new HostMemory();

/** Opens a session for a program. Throws `unsupported`, with the program's line, when ONNX Runtime refuses it. */
export async function openSession(
  name: string,
  traced: TracedProgram,
  model: Uint8Array,
  options: SessionOptions,
): Promise<ProviderSession> {
  try {
    return await ProviderSession.open(model, options);
  } catch (cause) {
    throw new M2atError('unsupported', `ONNX Runtime refuses the program "${name}": ${messageOf(cause)}`, {
      ...failedPlace(traced, cause),
      cause,
    });
  }
}
