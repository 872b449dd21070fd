import { fork, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import {
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  ResponseError,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import type * as z from 'zod';
import { M2atError, messageOf } from '../../core/errors';
import { allowedRunFolders, RUN_FOLDERS_VARIABLE } from '../../core/files/run-folders';
import { runProgress, type RunProgress } from '../../core/progress';
import { errorOf } from '../../core/scheduler/error-data';
import { errorData } from '../../core/scheduler/job-files';
import { PROGRESS, type WorkerRequest } from '../../protocol/worker-protocol';
import { outputLines } from './output-lines';

/** Lines of standard error that a crash report quotes, and characters of each. */
const QUOTED_LINES = 20;
const QUOTED_LENGTH = 500;

export interface WorkerOptions<Params extends z.ZodType, Answer extends z.ZodType> {
  /** Path of the worker's bundle. */
  readonly script: string;
  readonly cwd: string;
  readonly request: WorkerRequest<Params, Answer>;
  readonly params: z.input<Params>;
  onProgress(progress: RunProgress): void;
  /** Each line that the worker writes to its standard streams. */
  onOutput(line: string, stream: 'stdout' | 'stderr'): void;
}

export interface WorkerAnswer<T> {
  readonly pid: number | undefined;
  /**
   * The answer. Always settles, also when the worker can't be started, crashes, or closes its channel.
   * @throws M2atError the worker's own, or `internal` with the exit status and the last lines it wrote.
   */
  readonly result: Promise<T>;
  /** Resolves when the process is gone. */
  readonly ended: Promise<void>;
  /** Ends the process at once. */
  kill(): void;
}

/** Starts a worker for one request. */
export function runWorker<Params extends z.ZodType, Answer extends z.ZodType>(
  options: WorkerOptions<Params, Answer>,
): WorkerAnswer<z.output<Answer>> {
  const child = fork(options.script, [], {
    cwd: options.cwd,
    env: {
      ...process.env,
      ELECTRON_RUN_AS_NODE: '1',
      [RUN_FOLDERS_VARIABLE]: allowedRunFolders().join(path.delimiter),
    },
    // The extension host's own --inspect port would be taken a second time.
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const lastLines: string[] = [];
  const end = endOf(child, options, lastLines);

  const connection = createMessageConnection(new IPCMessageReader(child), new IPCMessageWriter(child));
  // A broken channel is reported with the exit status; here it must only not go unhandled.
  connection.onError(([error]) => {
    options.onOutput(`Channel to the worker: ${error.message}`, 'stderr');
  });
  connection.onNotification(PROGRESS, (params: unknown) => {
    const progress = runProgress.safeParse(params);
    if (progress.success) options.onProgress(progress.data);
    else options.onOutput(`The worker sent progress that is not valid: ${progress.error.message}`, 'stderr');
  });
  connection.listen();

  const result = Promise.race([answerOf(connection, options), end.then((error) => Promise.reject(error))]);
  const ended = end.then(() => undefined);
  const release = (): void => {
    if (child.connected) child.disconnect();
  };
  // Answered or broken: either way the work is over, and a worker does only one.
  result.then(release, release);
  void ended.then(() => {
    connection.dispose();
  });

  return {
    pid: child.pid,
    result,
    ended,
    kill: () => {
      child.kill('SIGKILL');
    },
  };
}

async function answerOf<Params extends z.ZodType, Answer extends z.ZodType>(
  connection: MessageConnection,
  { request: { method, answer }, params }: WorkerOptions<Params, Answer>,
): Promise<z.output<Answer>> {
  let raw: unknown;
  try {
    raw = await connection.sendRequest(method, params);
  } catch (error) {
    throw error instanceof ResponseError ? fromResponse(error) : error;
  }
  const parsed = answer.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw new M2atError('internal', `The worker's answer to ${method} is not valid: ${parsed.error.message}`);
}

function fromResponse(error: ResponseError<unknown>): M2atError {
  const data = errorData.safeParse(error.data);
  return data.success ? errorOf(data.data) : new M2atError('internal', messageOf(error));
}

/** How the process ended, as the error that it is while an answer is awaited. Never rejects. */
function endOf(
  child: ChildProcess,
  { script, onOutput }: Pick<WorkerOptions<z.ZodType, z.ZodType>, 'script' | 'onOutput'>,
  lastLines: string[],
): Promise<Error> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      resolve(
        new M2atError('internal', `The worker could not be started: ${error.message}`, {
          where: script,
          cause: error,
        }),
      );
    });
    // Node's own `close` event does not come when this side disconnected, so its parts are awaited.
    const drained = [
      outputLines(child.stdout, {
        onLine: () => undefined,
        onOutput: (line) => {
          onOutput(line, 'stdout');
        },
      }),
      outputLines(child.stderr, {
        onLine: (line) => {
          if (line.trim() !== '') lastLines.push(line.slice(0, QUOTED_LENGTH));
          if (lastLines.length > QUOTED_LINES) lastLines.shift();
        },
        onOutput: (line) => {
          onOutput(line, 'stderr');
        },
      }),
      new Promise<void>((disconnected) => child.once('disconnect', disconnected)),
    ];
    child.once('exit', (code, signal) => {
      void Promise.all(drained).then(() => {
        resolve(crash(code, signal, lastLines));
      });
    });
  });
}

function crash(code: number | null, signal: NodeJS.Signals | null, lines: readonly string[]): M2atError {
  const how = signal === null ? `with exit code ${code ?? 'unknown'}` : `by signal ${signal}`;
  const memory = signal === 'SIGKILL' ? ' If nobody ended it, the machine may have run out of memory.' : '';
  return new M2atError('internal', `The worker ended ${how} before it answered.${memory}`, {
    ...(lines.length > 0 ? { lines } : { hint: 'It wrote nothing to its error stream.' }),
  });
}
