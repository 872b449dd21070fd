import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import type { ModelParameters } from '../src/core/models/networks/model-schema';
import { modesOf, type PeerChoice, type PeerMode } from './peer-mode';
import { root } from './root';
import type { BenchTask, Clock } from './tasks';

const hello = z.object({ torch: z.string(), threads: z.int(), missing: z.string().nullable() });
const built = z.object({ parameters: z.int() });
const timed = z.object({ ms: z.number() });
const failed = z.object({ error: z.string() });
const loaded = z.object({ loaded: z.int() });
const values = z.object({ values: z.array(z.number()) });
const stepped = z.object({ loss: z.number() });
const rated = z.object({ gflops: z.number() });
const memory = z.object({ peak_rss: z.number().nullable() });

export interface TorchSetup {
  readonly network: ModelParameters;
  readonly batch: number;
}

export interface TorchWeights {
  /** Little-endian float32: the weights in order, then the images [N, H, W, C]. */
  readonly file: string;
  readonly weights: readonly {
    readonly layer: string;
    readonly part: string;
    readonly shape: readonly number[];
  }[];
  readonly images: readonly number[];
  readonly labels: readonly number[];
}

/** PyTorch in a child process that builds a network and runs one task at a time (`torch_peer.py`). */
export class TorchPeer {
  private constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    private readonly lines: AsyncIterator<string>,
    /** `PyTorch` with its version. */
    readonly name: string,
    readonly mode: PeerMode,
  ) {}

  /** The peer, or the reason why there is none: PyTorch is needed only to compare with it. */
  static async start(threads: number, mode: PeerMode = 'eager'): Promise<TorchPeer | string> {
    const python = findTorch();
    if (python === undefined) {
      return 'no Python with PyTorch was found (Debian: python3-torch; or name one in PYTHON)';
    }
    const script = path.join(root, 'bench', 'torch_peer.py');
    const child = spawn(python, ['-B', script, String(threads), mode], { stdio: ['pipe', 'pipe', 'pipe'] });
    child.stderr.pipe(process.stderr);
    // What is asked of a process that ended is answered by the end of its output.
    child.stdin.on('error', () => undefined);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { torch, missing } = hello.parse(await nextJson(lines));
    const peer = new TorchPeer(child, lines, `PyTorch ${torch}`, mode);
    if (missing === null) return peer;
    peer.stop();
    return `${peer.name} can't run ${mode}: ${missing}`;
  }

  /** @returns the number of parameters */
  async build(setup: TorchSetup): Promise<number> {
    return built.parse(await this.ask({ build: setup })).parameters;
  }

  /** Runs the task once. @returns milliseconds, measured in the peer @throws Error when it can't */
  async time(task: BenchTask, clock: Clock = 'wall'): Promise<number> {
    return timed.parse(await this.ask({ task, clock })).ms;
  }

  /** Takes over weights and a batch. */
  async load(weights: TorchWeights): Promise<void> {
    loaded.parse(await this.ask({ load: weights }));
  }

  /** Logits of the batch in eval mode, row by row. */
  async logits(): Promise<number[]> {
    return values.parse(await this.ask({ logits: true })).values;
  }

  /** One SGD step on the batch. @returns the loss before the update */
  async sgdStep(): Promise<number> {
    return stepped.parse(await this.ask({ sgd_step: true })).loss;
  }

  /** GFLOP/s of a 3x3 convolution of 128 channels, forward: the best of some runs. */
  async peak(repetitions = 5): Promise<number> {
    return rated.parse(await this.ask({ peak: repetitions })).gflops;
  }

  /** Peak resident memory in bytes; undefined where the platform doesn't say. */
  async peakMemory(): Promise<number | undefined> {
    return memory.parse(await this.ask({ memory: true })).peak_rss ?? undefined;
  }

  stop(): void {
    this.child.stdin.end();
  }

  private async ask(command: Record<string, unknown>): Promise<unknown> {
    this.child.stdin.write(`${JSON.stringify(command)}\n`);
    const answer = await nextJson(this.lines);
    const { success, data } = failed.safeParse(answer);
    if (success) throw new Error(`${this.name}, ${this.mode}: ${data.error}`);
    return answer;
  }
}

/** Starts the peer; where there is no PyTorch, says so and returns undefined. */
export async function torchPeer(threads: number): Promise<TorchPeer | undefined> {
  return (await torchPeers(threads, 'eager'))[0];
}

/** Starts a peer for each mode; where one can't be had, says why. */
export async function torchPeers(threads: number, choice: PeerChoice): Promise<TorchPeer[]> {
  const peers: TorchPeer[] = [];
  for (const mode of modesOf(choice)) {
    const started = await TorchPeer.start(threads, mode);
    if (typeof started !== 'string') peers.push(started);
    else console.log(`Without PyTorch, ${mode}: ${started}.`);
  }
  return peers;
}

async function nextJson(lines: AsyncIterator<string>): Promise<unknown> {
  const line = await lines.next();
  if (line.done === true) throw new Error('PyTorch ended unexpectedly; its message is above.');
  return JSON.parse(line.value) as unknown;
}

/** A Python that has PyTorch; `PYTHON` names one. */
export function findTorch(): string | undefined {
  const candidates = [process.env.PYTHON, 'python3', '/usr/bin/python3', 'python'];
  return candidates.find(
    (python) => python && spawnSync(python, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0,
  );
}
