import { constants } from 'node:os';
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
import { resumeJob } from '../core/jobs/resume-job';
import { showDataset } from '../core/jobs/show-dataset';
import { trainJob } from '../core/jobs/train-job';
import { resumeAttack } from '../core/attacking/attack-resume';
import { attackRun } from '../core/attacking/attack-run';
import { handleWhileOpen } from '../core/runs/open-runs';
import type { RunEvent } from '../core/records/run-event';
import { builtIn, type Registry } from '../core/registry/registry';
import {
  RUN_EVENT,
  workerRequests,
  type ErrorData,
  type ModelInspection,
  type WorkerRequest,
} from '../protocol/worker-protocol';
import { watchHost } from './watch-host';

/** Milliseconds that a run has for its checkpoint once the host is gone: the longest step and a slow disk. */
const GRACE = 60_000;

/** Aborts when the other side is gone: its work is then saved, not lost. */
const gone = new AbortController();
/** Aborts when a signal has asked for the end. */
const stopped = new AbortController();

function serve(connection: MessageConnection, registry: Registry): void {
  const onEvent = (run: string, event: RunEvent): void => {
    if (!gone.signal.aborted) connection.sendNotification(RUN_EVENT, { run, event }).catch(ignore);
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
        const ends = [gone, stopped, cancelled].map(({ signal }) => signal);
        return await job(params.parse(request), AbortSignal.any(ends));
      } catch (error) {
        return toResponseError(error);
      }
    });
  }

  answer(workerRequests.train, async ({ device, threads, ...request }, signal) => {
    const overrides = { ...(device && { device }), ...(threads !== undefined && { threads }) };
    return { runs: await trainJob({ ...request, registry, overrides, signal, onEvent }) };
  });
  answer(workerRequests.attack, async (request, signal) => ({
    runs: [(await attackRun({ ...request, registry, signal, onEvent })).record],
  }));
  answer(workerRequests.resume, async ({ run: id, kind, fromStart, ...request }, signal) => {
    const { root, device, threads, ignoreMemory } = request;
    const overrides = { ...(device && { device }), ...(threads !== undefined && { threads }) };
    const shared = { root, id, registry, ignoreMemory, signal, onEvent };
    if (kind === 'train') return { runs: [await resumeJob({ ...shared, overrides, fromStart })] };
    return { runs: [(await resumeAttack({ ...shared, ...overrides })).record] };
  });
  answer(workerRequests.evaluate, ({ root, run, ...request }, signal) =>
    evaluateExamples({
      ...request,
      registry,
      runs: [{ root, id: run }],
      signal,
      onProgress: (progress) => {
        onEvent(run, { type: 'progress', progress });
      },
      onLog: (text) => {
        onEvent(run, { type: 'log', level: 'info', text });
      },
    }),
  );
  answer(workerRequests.inspectModel, async ({ checkpoint, outputName }) =>
    plain(await inspectModel(checkpoint, outputName, registry)),
  );
  answer(workerRequests.showDataset, ({ dataset }, signal) =>
    showDataset({
      ...{ dataset, registry, signal },
      onProgress: (progress) => {
        onEvent('', { type: 'progress', progress });
      },
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

function dataOf({ code, what, where, lines, hint }: M2atError): ErrorData {
  return {
    code,
    what,
    ...(where && { where }),
    ...(lines.length > 0 && { lines: [...lines] }),
    ...(hint && { hint }),
  };
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

/** The first signal has the run stopped and saved; the next one ends the process. */
function stopRun(signal: NodeJS.Signals): void {
  if (stopped.signal.aborted) process.exit(128 + constants.signals[signal]);
  stopped.abort();
}

function ignore(): void {
  // The other side is gone; `disconnect` saves the work.
}

if (process.send) {
  process.on('disconnect', () => {
    gone.abort();
  });
  // When the host dies its ends of the pipes go too, and a write must not end the job before its checkpoint.
  process.stdout.on('error', ignore);
  process.stderr.on('error', ignore);
  watchHost(GRACE);
  handleWhileOpen({
    // A terminal's Ctrl-C reaches the whole process group; the host decides when a run ends.
    SIGINT: ignore,
    SIGTERM: stopRun,
    SIGHUP: stopRun,
  });
  serve(createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process)), builtIn);
} else {
  console.error('This is the worker of the M2AT extension; the command line is dist/cli.js.');
  process.exitCode = 2;
}
