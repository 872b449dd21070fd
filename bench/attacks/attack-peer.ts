import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import { root } from '../root';
import { findTorch } from '../torch-peer';
import type { TorchGraph } from './graph-for-torch';
import type { AttackRun, AutoAttackTask, PgdTask } from './attack-task';

const hello = z.object({ torch: z.string(), autoattack: z.boolean() });
const loaded = z.object({ loaded: z.int() });
const outputs = z.object({ logits: z.array(z.number()) });
const attacked = z.object({
  seconds: z.number(),
  members: z.array(z.object({ name: z.string(), seconds: z.number(), robust: z.int() })),
  robust: z.array(z.union([z.literal(0), z.literal(1)])),
});

export interface PeerImages {
  /** Little-endian float32 in [0, 1]. */
  readonly file: string;
  /** [N, H, W, C] */
  readonly shape: readonly number[];
  readonly labels: readonly number[];
}

/** PyTorch, and auto-attack where there is one, in a child process (`attack_peer.py`). */
export class AttackPeer {
  private constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    private readonly lines: AsyncIterator<string>,
    readonly name: string,
    /** Whether the reference's own AutoAttack was found. */
    readonly hasAutoAttack: boolean,
  ) {}

  /**
   * @param autoAttack the folder that holds the package `autoattack`
   * @returns undefined where there is no PyTorch
   */
  static async start(threads: number, autoAttack: string | undefined): Promise<AttackPeer | undefined> {
    const python = findTorch();
    if (python === undefined) return undefined;
    const script = path.join(root, 'bench', 'attack_peer.py');
    const folder = autoAttack === undefined ? [] : [path.resolve(autoAttack)];
    const child = spawn(python, [script, String(threads), ...folder], { stdio: ['pipe', 'pipe', 'pipe'] });
    child.stderr.pipe(process.stderr);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { torch, autoattack } = hello.parse(await nextJson(lines));
    return new AttackPeer(child, lines, `PyTorch ${torch}`, autoattack);
  }

  async load(graph: TorchGraph): Promise<void> {
    loaded.parse(await this.ask({ network: graph }));
  }

  /** Takes over the images. @returns their logits, row by row */
  async images(images: PeerImages): Promise<readonly number[]> {
    return outputs.parse(await this.ask({ images })).logits;
  }

  async autoAttack(task: AutoAttackTask): Promise<AttackRun> {
    return attacked.parse(await this.ask({ autoattack: task }));
  }

  async pgd(task: PgdTask): Promise<AttackRun> {
    return attacked.parse(await this.ask({ pgd: task }));
  }

  stop(): void {
    this.child.stdin.end();
  }

  private ask(command: Record<string, unknown>): Promise<unknown> {
    this.child.stdin.write(`${JSON.stringify(command)}\n`);
    return nextJson(this.lines);
  }
}

async function nextJson(lines: AsyncIterator<string>): Promise<unknown> {
  const line = await lines.next();
  if (line.done === true) throw new Error('PyTorch ended unexpectedly; its message is above.');
  return JSON.parse(line.value) as unknown;
}
