import type { MessageConnection } from 'vscode-jsonrpc/node';
import {
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  ResponseError,
  type CancellationToken,
} from 'vscode-jsonrpc/node';
import type * as z from 'zod';
import { listDevices } from '../core/engine/devices/devices';
import { M2atError, messageOf } from '../core/errors';
import { evaluateExamples } from '../core/jobs/evaluate-examples';
import { inspectModel } from '../core/jobs/inspect-model';
import { showDataset } from '../core/jobs/show-dataset';
import type { RunProgress } from '../core/progress';
import { builtIn, type Registry } from '../core/registry/registry';
import { dataOf } from '../core/scheduler/error-data';
import { JOB_FLAG } from '../core/scheduler/start-detached';
import {
  PROGRESS,
  workerRequests,
  type ModelInspection,
  type WorkerRequest,
} from '../protocol/worker-protocol';
import { doJob } from './do-job';
import { watchHost } from './watch-host';

/** Aborts when the other side is gone. */
const gone = new AbortController();

function serve(connection: MessageConnection, registry: Registry): void {
  const tell = (progress: RunProgress): void => {
    if (!gone.signal.aborted) connection.sendNotification(PROGRESS, progress).catch(ignore);
  };

  /** Validates the parameters, gives the job an abort signal, and lets M2atErrors cross whole. */
  function answer<Params extends z.ZodType, Answer extends z.ZodType>(
    { method, params }: WorkerRequest<Params, Answer>,
    job: (request: z.output<Params>, signal: AbortSignal) => Promise<z.output<Answer>>,
  ): void {
    connection.onRequest(method, async (request: unknown, token: CancellationToken) => {
      const cancelled = new AbortController();
      token.onCancellationRequested(() => {
        cancelled.abort();
      });
      try {
        return await job(params.parse(request), AbortSignal.any([gone.signal, cancelled.signal]));
      } catch (error) {
        return toResponseError(error);
      }
    });
  }

  answer(workerRequests.evaluate, ({ root, run, ...request }, signal) =>
    evaluateExamples({
      ...request,
      registry,
      runs: [{ root, id: run }],
      signal,
      onProgress: tell,
      onLog: (text) => {
        console.log(text);
      },
    }),
  );
  answer(workerRequests.inspectModel, async ({ checkpoint, outputName }) =>
    plain(await inspectModel(checkpoint, outputName, registry)),
  );
  answer(workerRequests.showDataset, ({ dataset }, signal) =>
    showDataset({
      ...{ dataset, registry, signal },
      onProgress: tell,
    }),
  );
  answer(workerRequests.devices, () => listDevices());
  connection.listen();
}

function toResponseError(error: unknown): ResponseError<unknown> {
  const known =
    error instanceof M2atError ? error : new M2atError('internal', messageOf(error), { cause: error });
  if (known.code === 'internal') console.error(error);
  return new ResponseError(-32000, known.message, dataOf(known));
}

/** Only what the protocol has: objects of classes don't cross. */
function plain({ noGradient, spec, ...found }: Awaited<ReturnType<typeof inspectModel>>): ModelInspection {
  const { mean, std, classNames, range, ...rest } = spec;
  return {
    ...found,
    inputShape: [...found.inputShape],
    outputs: found.outputs.map(({ name, shape }) => ({ name, shape: shape && [...shape] })),
    assumed: [...found.assumed],
    spec: {
      ...rest,
      range: [...range],
      mean: mean && [...mean],
      std: std && [...std],
      classNames: classNames && [...classNames],
    },
    noGradient: noGradient && dataOf(noGradient),
  };
}

function ignore(): void {
  // The other side is gone, and `disconnect` ends the work.
}

const { argv } = process;
const job = argv[2] === JOB_FLAG ? argv[3] : undefined;
if (job !== undefined) {
  doJob(job).catch((error: unknown) => {
    console.error(messageOf(error));
    process.exitCode = 2;
  });
} else if (process.send) {
  process.on('disconnect', () => {
    gone.abort();
  });
  // When the host dies its ends of the pipes go too.
  process.stdout.on('error', ignore);
  process.stderr.on('error', ignore);
  watchHost();
  serve(createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process)), builtIn);
} else {
  console.error('This is the worker of the M2AT extension; the command line is dist/cli.js.');
  process.exitCode = 2;
}
