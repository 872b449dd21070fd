import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fromChild, type FromChild } from './child-messages';

export type Tried = Extract<FromChild, { type: 'tried' }>;

/** How a seed ended: told by its child, or by the child's end. */
export type Result =
  Tried | { readonly type: 'hang' | 'crash'; readonly seed: number; readonly detail: string };

export interface PoolOptions {
  /** The bundle of `file-fuzz-child.ts`. */
  readonly script: string;
  /** Where children write files. */
  readonly folder: string;
  readonly processes: number;
  /** The longest that one seed may take, in milliseconds. */
  readonly timeLimit: number;
  /** Seeds after which a process gives way to a new one. */
  readonly lifetime: number;
}

/**
 * Has seeds tried in child processes, so that a crash ends only one of them and is noticed. A seed that takes too long
 * is tried once more when the others are done: the machine may have been busy.
 * @param tell called with each result as it comes
 */
export async function tryAll(
  seeds: Iterable<number>,
  options: PoolOptions,
  tell: (result: Result) => void,
): Promise<void> {
  const late: number[] = [];
  await inLanes(seeds, options, (result) => {
    if (result.type === 'hang') late.push(result.seed);
    else tell(result);
  });
  await inLanes(late, { ...options, processes: 1 }, tell);
}

async function inLanes(
  seeds: Iterable<number>,
  options: PoolOptions,
  tell: (result: Result) => void,
): Promise<void> {
  const queue = seeds[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (let more = true; more;) more = await oneLife(queue, options, tell);
  };
  await Promise.all(Array.from({ length: options.processes }, lane));
}

/** One child from its start to its end. Resolves to false when there are no seeds left. */
async function oneLife(
  queue: Iterator<number>,
  { script, folder, timeLimit, lifetime }: PoolOptions,
  tell: (result: Result) => void,
): Promise<boolean> {
  const first = queue.next();
  if (first.done) return false;
  // A heap that outgrows the limit ends the process, which is noticed.
  const child = fork(script, [folder], {
    execArgv: ['--enable-source-maps', '--max-old-space-size=1536'],
    silent: true,
  });
  let printed = '';
  child.stderr?.on('data', (data: Buffer) => {
    printed = (printed + data.toString()).slice(-2000);
  });
  child.stdout?.resume();
  const ended = once(child, 'exit').then((): undefined => undefined);
  try {
    if (!(await next(child, ended)))
      throw new Error(`The child of the file fuzzer did not start: ${printed}`);
    let seed = first.value;
    for (let tried = 1; ; tried++) {
      child.send({ seed });
      const timer = setTimeout(() => child.kill('SIGKILL'), timeLimit);
      const sent = performance.now();
      const message = await next(child, ended);
      clearTimeout(timer);
      if (message?.type !== 'tried') {
        tell(
          performance.now() - sent >= timeLimit
            ? { type: 'hang', seed, detail: `more than ${timeLimit} ms` }
            : {
                type: 'crash',
                seed,
                detail: `${child.signalCode ?? `exit code ${child.exitCode ?? 'unknown'}`}\n${printed}`,
              },
        );
        return true;
      }
      tell(message);
      if (tried === lifetime) return true;
      const following = queue.next();
      if (following.done) return false;
      seed = following.value;
    }
  } finally {
    if (child.exitCode === null && child.signalCode === null) {
      child.disconnect();
      await ended;
    }
  }
}

/** The child's next message; undefined when it ended instead. */
async function next(child: ChildProcess, ended: Promise<undefined>): Promise<FromChild | undefined> {
  const message: unknown = await Promise.race([
    once(child, 'message').then(([first]: unknown[]) => first),
    ended,
  ]);
  return message === undefined ? undefined : fromChild.parse(message);
}
