import { parentPort, workerData } from 'node:worker_threads';
import * as z from 'zod';
import { chooseMethod } from '../methods/choose-method';
import type { MethodDefinition } from '../methods/define-method';
import { batchRequest, batchThreadData, type BatchAnswer } from './batch-messages';
import { TrainingBatches } from './training-batches';

/** Makes of this thread one that prepares batches for any of the methods. */
export function serveBatches(methods: readonly MethodDefinition[]): void {
  if (!parentPort) throw new Error('This is a thread of m2at; the command line is dist/cli.js.');
  const port = parentPort;
  const started = batchThreadData.safeParse(workerData);
  // A ZodError would lose its message on the way to the other thread.
  if (!started.success) throw new Error(z.prettifyError(started.error));
  const { set, plan } = started.data;
  const batches = new TrainingBatches(set, plan, chooseMethod(methods, plan.method));

  port.on('message', (message: unknown) => {
    const step = batchRequest.parse(message);
    const batch = batches.at(step);
    const { images, labels, targets, draws } = batch;
    const arrays = [images, targets, ...Object.values(draws)].flatMap((array) => array?.data ?? []);
    const moved = [labels, ...arrays].map(({ buffer }) => buffer);
    port.postMessage(
      { type: 'batch', step, batch } satisfies BatchAnswer,
      moved.filter((buffer) => buffer instanceof ArrayBuffer),
    );
  });
  port.postMessage({ type: 'ready' } satisfies BatchAnswer);
}
