import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readJson } from '../../files/json';
import { namesIn } from '../../files/list-folder';
import * as ort from '../runtime/onnx-runtime';
import * as z from 'zod';

export type SessionOptions = ort.InferenceSession.SessionOptions;

/** ONNX Runtime writes some hundred bytes for each node and run. */
const MAX_PROFILE_BYTES = 2 ** 28;

/** A node that runs on another provider than its session's. */
export interface MisplacedNode {
  readonly op: string;
  readonly node: string;
  readonly provider: string;
}

const profileSchema = z.array(
  z.object({
    cat: z.string(),
    name: z.string(),
    args: z.object({ op_name: z.string().optional(), provider: z.string().optional() }).optional(),
  }),
);

/**
 * A session of ONNX Runtime that knows which of its nodes run elsewhere. ONNX Runtime gives nodes that a provider
 * lacks to the CPU and says so only in a profile; so a session is first built with that forbidden, and where this
 * fails its first run is profiled.
 */
export class ProviderSession {
  /** Nodes on another provider; known after the first run. */
  misplaced: readonly MisplacedNode[] = [];

  private constructor(
    private readonly session: ort.InferenceSession,
    /** Where the profile of the first run goes, until it was read. */
    private profiles: string | undefined,
  ) {}

  static async open(model: Uint8Array, options: SessionOptions): Promise<ProviderSession> {
    if (options.executionProviders?.every((provider) => provider === 'cpu'))
      return new ProviderSession(await ort.InferenceSession.create(model, options), undefined);
    try {
      return new ProviderSession(
        await ort.InferenceSession.create(model, withoutFallback(options)),
        undefined,
      );
    } catch {
      const folder = await mkdtemp(path.join(tmpdir(), 'm2at-placement-'));
      try {
        const profiled = { enableProfiling: true, profileFilePrefix: path.join(folder, 'profile') };
        return new ProviderSession(
          await ort.InferenceSession.create(model, { ...options, ...profiled }),
          folder,
        );
      } catch (error) {
        await remove(folder);
        throw error;
      }
    }
  }

  async run(
    feeds: ort.InferenceSession.FeedsType,
    fetches: ort.InferenceSession.NullableOnnxValueMapType,
    options?: ort.InferenceSession.RunOptions,
  ): Promise<ort.InferenceSession.ReturnType> {
    const results = await this.session.run(feeds, fetches, options);
    if (this.profiles !== undefined) await this.readPlacement(this.profiles);
    return results;
  }

  async release(): Promise<void> {
    await this.session.release();
    if (this.profiles !== undefined) await remove(this.profiles);
  }

  private async readPlacement(folder: string): Promise<void> {
    this.profiles = undefined;
    this.session.endProfiling();
    const files = await namesIn(folder);
    const events = await Promise.all(
      files.map(async (file) =>
        profileSchema.parse(await readJson(path.join(folder, file), MAX_PROFILE_BYTES)),
      ),
    );
    await remove(folder);
    const nodes = events.flat().flatMap(({ cat, name, args }) => {
      const suffix = '_kernel_time';
      if (cat !== 'Node' || !name.endsWith(suffix) || !args?.provider) return [];
      return [{ node: name.slice(0, -suffix.length), op: args.op_name ?? '', provider: args.provider }];
    });
    const elsewhere = nodes.filter(({ provider }) => provider === 'CPUExecutionProvider');
    this.misplaced = [...new Map(elsewhere.map((node) => [node.node, node])).values()];
  }
}

function withoutFallback(options: SessionOptions): SessionOptions {
  const { session, ...rest } = z
    .object({ session: z.record(z.string(), z.unknown()).default({}) })
    .loose()
    .parse(options.extra ?? {});
  return { ...options, extra: { ...rest, session: { ...session, disable_cpu_ep_fallback: '1' } } };
}

async function remove(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
