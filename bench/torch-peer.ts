import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import { z } from 'zod';

const hello = z.object({ torch: z.string(), threads: z.int() });
const built = z.object({ parameters: z.int() });
const timed = z.object({ ms: z.number() });

export type TorchTask = 'm2at-step' | 'pgd-20';

/** PyTorch in a child process that builds a network and runs one task at a time (`torch_peer.py`). */
export class TorchPeer {
  private constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    private readonly lines: AsyncIterator<string>,
    readonly version: string,
  ) {}

  /** The peer, or the reason why there is none: PyTorch is needed only to compare with it. */
  static async start(script: string, threads: number): Promise<TorchPeer | string> {
    const python = findPython();
    if (python === undefined) {
      return 'no Python with PyTorch was found (Debian: python3-torch; or name one in PYTHON)';
    }
    const child = spawn(python, [script, String(threads)], { stdio: ['pipe', 'pipe', 'pipe'] });
    child.stderr.pipe(process.stderr);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { torch } = hello.parse(await nextJson(lines));
    return new TorchPeer(child, lines, torch);
  }

  async build(network: Record<string, unknown>): Promise<number> {
    return built.parse(await this.ask(network)).parameters;
  }

  /** Runs the task once. @returns wall time in milliseconds, measured in the peer. */
  async time(task: TorchTask): Promise<number> {
    return timed.parse(await this.ask({ task })).ms;
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

function findPython(): string | undefined {
  const candidates = [process.env.PYTHON, 'python3', '/usr/bin/python3', 'python'];
  return candidates.find(
    (python) => python && spawnSync(python, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0,
  );
}
