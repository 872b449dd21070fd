import { parentPort, workerData } from 'node:worker_threads';
import * as z from 'zod';
import { batchRequest, batchThreadData, type BatchAnswer } from './batch-messages';
import { TrainingBatches } from './training-batches';

/** The thread that prepares batches (a bundle of its own, `batches.js`): it loads neither TF.js nor ONNX Runtime. */
if (!parentPort) throw new Error('This is a thread of m2at; the command line is dist/cli.js.');
const port = parentPort;
const started = batchThreadData.safeParse(workerData);
// A ZodError would lose its message on the way to the other thread.
if (!started.success) throw new Error(z.prettifyError(started.error));
const batches = new TrainingBatches(started.data.set, started.data.plan);

port.on('message', (message: unknown) => {
  const step = batchRequest.parse(message);
  const batch = batches.at(step);
  const { images, labels, targets, start, mask, lambda } = batch;
  const arrays = [images, targets, start, mask, lambda].flatMap((array) => array?.data ?? []);
  const moved = [labels, ...arrays].map(({ buffer }) => buffer);
  port.postMessage(
    { type: 'batch', step, batch } satisfies BatchAnswer,
    moved.filter((buffer) => buffer instanceof ArrayBuffer),
  );
});
port.postMessage({ type: 'ready' } satisfies BatchAnswer);
