import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type * as z from 'zod';
import { root } from '../root';
import type { BenchTask, Clock } from '../tasks';
import {
  compilationsAnswer,
  errorAnswer,
  memoryAnswer,
  readyAnswer,
  timeAnswer,
  type ChildSetup,
  type Compilation,
  type Request,
} from './messages';

export type { Compilation };

/** Our side in a process of its own (`scaling-child.ts`), so that its memory is that of one network and batch. */
export class OurProcess {
  private constructor(private readonly child: ChildProcess) {}

  static async start(setup: ChildSetup): Promise<OurProcess> {
    const child = fork(path.join(root, 'out', 'bench', 'scaling-child.js'), [JSON.stringify(setup)]);
    const started = new OurProcess(child);
    await started.next(readyAnswer);
    return started;
  }

  /** Runs the task once. @returns milliseconds, measured in the process */
  async time(task: BenchTask, clock: Clock = 'wall'): Promise<number> {
    return (await this.ask({ type: 'time', task, clock }, timeAnswer)).ms;
  }

  /** Peak resident memory so far, in bytes. */
  async peakMemory(): Promise<number> {
    return (await this.ask({ type: 'memory' }, memoryAnswer)).bytes;
  }

  /** Every program that was compiled so far. */
  async compilations(): Promise<Compilation[]> {
    return (await this.ask({ type: 'compilations' }, compilationsAnswer)).compilations;
  }

  stop(): void {
    if (this.child.connected) this.child.disconnect();
  }

  private ask<T extends z.ZodType>(message: Request, answer: T): Promise<z.output<T>> {
    this.child.send(message);
    return this.next(answer);
  }

  private async next<T extends z.ZodType>(answer: T): Promise<z.output<T>> {
    const ended = new AbortController();
    const exit = once(this.child, 'exit', { signal: ended.signal }).then(([code]: unknown[]) => {
      throw new Error(`Our process ended with exit code ${String(code)}; its message is above.`);
    });
    try {
      const received: unknown[] = await Promise.race([once(this.child, 'message'), exit]);
      const [message] = received;
      const failure = errorAnswer.safeParse(message);
      if (failure.success) throw new Error(failure.data.error);
      return answer.parse(message);
    } finally {
      exit.catch(() => undefined);
      ended.abort();
    }
  }
}
