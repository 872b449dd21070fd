import { once } from 'node:events';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ImageSource } from '../data/image-source';
import { M2atError, messageOf } from '../errors';
import type { DrawnBatch } from '../methods/method';
import { batchAnswer } from './batch-messages';
import { threadsFor, type Threads } from './batch-threads';
import type { BatchPlan, BatchSource } from './training-batches';

/** The thread's bundle lies beside every bundle that trains. */
const threadFile = path.join(__dirname, 'batches.js');

interface Waiting {
  readonly batch: Promise<DrawnBatch>;
  readonly resolve: (batch: DrawnBatch) => void;
  readonly reject: (error: M2atError) => void;
}

/** A thread, and how many batches it owes. */
interface Maker {
  readonly worker: Worker;
  owes: number;
}

/**
 * The batches of a training run from threads: while a step computes (ONNX Runtime holds the main thread), the batch
 * of the next one is made, or of the next ones, each by one thread. The same numbers as `TrainingBatches` gives, in whatever
 * order steps are asked for, and by however many threads.
 */
export class ThreadedBatches implements BatchSource {
  private readonly waiting = new Map<number, Waiting>();
  private readonly makers: readonly Maker[];
  private failure: M2atError | undefined;

  private constructor(
    workers: readonly Worker[],
    private readonly steps: number,
    private readonly ahead: number,
  ) {
    this.makers = workers.map((worker) => ({ worker, owes: 0 }));
    for (const maker of this.makers) {
      const { worker } = maker;
      worker.on('message', (message: unknown) => {
        maker.owes--;
        this.take(message);
      });
      worker.on('error', (error) => {
        this.fail(messageOf(error), error);
      });
      worker.on('messageerror', (error) => {
        this.fail(messageOf(error), error);
      });
      worker.on('exit', (code) => {
        this.fail(`it ended by itself with exit code ${code}`);
      });
    }
  }

  /**
   * @param file the bundle of `batch-thread.ts`
   * @param extra generated images, where the plan has some in each batch
   * @throws M2atError `internal` when a thread can't start
   */
  static async start(
    images: ImageSource,
    plan: BatchPlan,
    file = threadFile,
    extra?: ImageSource,
    { threads, ahead }: Threads = threadsFor(images, plan.batchSize, extra),
  ): Promise<ThreadedBatches> {
    const workerData = { source: images.handle(), extra: extra?.handle(), plan };
    const workers = Array.from({ length: threads }, () => new Worker(file, { workerData, name: 'batches' }));
    try {
      // The first message of each says that it is ready; an error before that rejects.
      await Promise.all(
        workers.map((worker) => Promise.race([once(worker, 'message'), unexpectedExit(worker)])),
      );
    } catch (cause) {
      await Promise.all(workers.map((worker) => worker.terminate()));
      throw failed(messageOf(cause), cause);
    }
    return new ThreadedBatches(workers, plan.steps, ahead);
  }

  /**
   * What goes wrong with a step ahead is told when that step is asked for.
   * @throws M2atError `internal` when the thread failed; what the source throws
   */
  at(step: number): Promise<DrawnBatch> {
    const last = Math.min(step + this.ahead, this.steps - 1);
    for (const other of this.waiting.keys()) if (other < step || other > last) this.waiting.delete(other);
    const { batch } = this.request(step);
    for (let next = step + 1; next <= last; next++) this.request(next);
    return batch;
  }

  async dispose(): Promise<void> {
    this.failure ??= failed('it is closed');
    await Promise.all(this.makers.map(({ worker }) => worker.terminate()));
  }

  private request(step: number): Waiting {
    const known = this.waiting.get(step);
    if (known) return known;
    const made = waiting();
    this.waiting.set(step, made);
    const [free] = [...this.makers].sort((a, b) => a.owes - b.owes);
    if (this.failure || !free) made.reject(this.failure ?? failed('there is none'));
    else {
      free.owes++;
      free.worker.postMessage(step);
    }
    return made;
  }

  private take(message: unknown): void {
    const answer = batchAnswer.safeParse(message);
    if (!answer.success) this.fail(`it sent something else than a batch: ${answer.error.message}`);
    else if (answer.data.type === 'batch') this.waiting.get(answer.data.step)?.resolve(answer.data.batch);
    else if (answer.data.type === 'failed') {
      const { step, problem } = answer.data;
      const { code, what, ...details } = problem;
      this.waiting.get(step)?.reject(code ? new M2atError(code, what, details) : failed(what));
    }
  }

  private fail(reason: string, cause?: unknown): void {
    this.failure ??= failed(reason, cause);
    for (const { reject } of this.waiting.values()) reject(this.failure);
  }
}

async function unexpectedExit(worker: Worker): Promise<never> {
  const exit: readonly unknown[] = await once(worker, 'exit');
  throw new Error(`it ended at once with exit code ${String(exit[0])}`);
}

function failed(reason: string, cause?: unknown): M2atError {
  return new M2atError('internal', `the thread that prepares batches failed: ${reason}`, { cause });
}

function waiting(): Waiting {
  let resolve: Waiting['resolve'] = () => undefined;
  let reject: Waiting['reject'] = () => undefined;
  const batch = new Promise<DrawnBatch>((onBatch, onError) => {
    resolve = onBatch;
    reject = onError;
  });
  // Nobody may ever ask for a batch that was made ahead.
  batch.catch(() => undefined);
  return { batch, resolve, reject };
}
