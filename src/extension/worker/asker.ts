import os from 'node:os';
import type * as vscode from 'vscode';
import type * as z from 'zod';
import { M2atError } from '../../core/errors';
import type { RunProgress } from '../../core/progress';
import type { WorkerRequest } from '../../protocol/worker-protocol';
import type { Log } from '../show/log';
import type { WorkerAnswer } from './run-worker';

export interface AskOptions {
  /** What its lines in the log begin with. */
  readonly title: string;
  readonly token?: vscode.CancellationToken;
  readonly cwd?: string;
  readonly onProgress?: (progress: RunProgress) => void;
}

/**
 * Has questions answered in a process of their own, which what is read may bring down. Nothing is lost when it is killed: it
 * writes nothing before it is done. What runs it is loaded with the first question, because activation has to be short.
 */
export class Asker implements vscode.Disposable {
  private readonly workers = new Set<WorkerAnswer<unknown>>();

  constructor(
    private readonly script: string,
    private readonly log: Log,
  ) {}

  /** @throws M2atError `cancelled` when the token says so, which ends the worker; otherwise what went wrong */
  async ask<Params extends z.ZodType, Answer extends z.ZodType>(
    request: WorkerRequest<Params, Answer>,
    params: z.input<Params>,
    { title, token, cwd = os.homedir(), onProgress = () => undefined }: AskOptions,
  ): Promise<z.output<Answer>> {
    const { runWorker } = await import('./run-worker');
    const worker = runWorker({
      ...{ script: this.script, cwd, request, params, onProgress },
      onOutput: (line, stream) => {
        this.log[stream === 'stderr' ? 'warn' : 'info'](`${title}: ${line}`);
      },
    });
    this.workers.add(worker);
    const cancellation = token?.onCancellationRequested(() => {
      worker.kill();
    });
    try {
      return await worker.result;
    } catch (error) {
      throw token?.isCancellationRequested ? new M2atError('cancelled', 'Cancelled.') : error;
    } finally {
      this.workers.delete(worker);
      cancellation?.dispose();
    }
  }

  dispose(): void {
    for (const worker of this.workers) worker.kill();
  }
}
