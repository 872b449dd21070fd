import { parentPort, workerData } from 'node:worker_threads';
import * as z from 'zod';
import { openSource } from '../data/load-dataset';
import { M2atError, messageOf } from '../errors';
import { chooseMethod, chosenOptions } from '../methods/choose-method';
import type { Registry } from '../registry/registry';
import { batchRequest, batchThreadData, type BatchAnswer } from './batch-messages';
import { TrainingBatches } from './training-batches';

/** Makes of this thread one that prepares batches: of any of the data sets, for any of the methods. */
export async function serveBatches({
  datasets,
  methods,
  options,
}: Pick<Registry, 'datasets' | 'methods' | 'options'>): Promise<void> {
  if (!parentPort) throw new Error('This is a thread of m2at; the command line is dist/cli.js.');
  const port = parentPort;
  const started = batchThreadData.safeParse(workerData);
  // A ZodError would lose its message on the way to the other thread.
  if (!started.success) throw new Error(z.prettifyError(started.error));
  const { source, extra, plan } = started.data;
  const images = await openSource(datasets, source);
  const generated = extra && (await openSource(datasets, extra));
  const method = chooseMethod(methods, plan.method, chosenOptions(options, plan.options));
  const batches = new TrainingBatches(images, plan, method, generated);

  const answer = async (step: number): Promise<void> => {
    try {
      const batch = await batches.at(step);
      const { images, labels, targets, truth, draws } = batch;
      const arrays = [images, targets, truth, ...Object.values(draws)].flatMap((array) => array?.data ?? []);
      // A set: what the images show may be what the network is to answer.
      const moved = new Set([labels, ...arrays].map(({ buffer }) => buffer));
      port.postMessage(
        { type: 'batch', step, batch } satisfies BatchAnswer,
        [...moved].filter((buffer) => buffer instanceof ArrayBuffer),
      );
    } catch (error) {
      port.postMessage({ type: 'failed', step, problem: problemOf(error) } satisfies BatchAnswer);
    }
  };
  let last = Promise.resolve();
  port.on('message', (message: unknown) => {
    const step = batchRequest.parse(message);
    last = last.then(() => answer(step));
  });
  port.postMessage({ type: 'ready' } satisfies BatchAnswer);
}

/** An error as its parts: the code of one is lost on the way to the other thread. */
function problemOf(error: unknown): Extract<BatchAnswer, { type: 'failed' }>['problem'] {
  if (!(error instanceof M2atError)) return { what: messageOf(error) };
  const { code, what, where, hint } = error;
  return { code, what, where, hint };
}
