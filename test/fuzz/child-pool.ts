import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { DEFECT, fromChild, type FromChild, type Tried } from './child-messages';

/** Seeds that are tried one after the other. */
interface Chunk {
  readonly from: number;
  readonly count: number;
}

/** What was told of some seeds. */
export type Result = Pick<Tried, 'accepted' | 'refused' | 'findings' | 'peak'>;

export interface PoolOptions {
  /** The bundle of `fuzz-child.ts`. */
  readonly script: string;
  /** Where children write files. */
  readonly folder: string;
  readonly target: string;
  readonly processes: number;
  /** Seeds that a child is given at once. */
  readonly chunk: number;
  /** The longest that one seed may take, and that the first one of a child may take to make its files; milliseconds. */
  readonly timeLimit: number;
  readonly startLimit: number;
  /** The most memory that a child may have, in bytes. */
  readonly memoryLimit: number;
  /** Seeds after which a process gives way to a new one. */
  readonly lifetime: number;
}

/** Milliseconds that a seed takes at most on average, for the limit of a chunk. */
const USUAL = 250;

/**
 * Has seeds tried in child processes, so that a crash ends only one of them and is noticed. The seeds of a chunk that
 * took too long, too much memory, or its process with it are tried once more, one by one, when the others are done.
 * @param more the next seed, or undefined when there are none left
 * @param tell called with each result as it comes
 */
export async function tryAll(
  more: () => number | undefined,
  options: PoolOptions,
  tell: (result: Result) => void,
): Promise<void> {
  const suspects: Chunk[] = [];
  const next = (): Chunk | undefined => {
    const from = more();
    if (from === undefined) return undefined;
    let count = 1;
    while (count < options.chunk && more() !== undefined) count++;
    return { from, count };
  };
  await inLanes(next, options, (chunk, result) => {
    if (typeof result === 'string') suspects.push(chunk);
    else tell(result);
  });
  for (const { from, count } of suspects) {
    const seeds = Array.from({ length: count }, (_, n): Chunk => ({ from: from + n, count: 1 }));
    await inLanes(
      () => seeds.shift(),
      { ...options, processes: 1 },
      (chunk, result) => {
        if (typeof result !== 'string') tell(result);
        else tell({ accepted: 0, refused: 0, findings: [{ seed: chunk.from, what: result }], peak: 0 });
      },
    );
  }
}

/** @param tell the result of a chunk, or what went wrong with its process */
type Tell = (chunk: Chunk, result: Result | string) => void;

async function inLanes(next: () => Chunk | undefined, options: PoolOptions, tell: Tell): Promise<void> {
  const lane = async (): Promise<void> => {
    for (let more = true; more;) more = await oneLife(next, options, tell);
  };
  await Promise.all(Array.from({ length: options.processes }, lane));
}

/** One child from its start to its end. Resolves to false when there are no seeds left. */
async function oneLife(next: () => Chunk | undefined, options: PoolOptions, tell: Tell): Promise<boolean> {
  const { script, folder, target, timeLimit, startLimit, memoryLimit, lifetime } = options;
  let chunk = next();
  if (!chunk) return false;
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
    if (!(await nextMessage(child, ended))) throw new Error(`The fuzzer's child did not start: ${printed}`);
    for (let tried = 0; tried < lifetime;) {
      const limit = timeLimit + USUAL * chunk.count + (tried === 0 ? startLimit : 0);
      child.send({ target, ...chunk });
      const sent = performance.now();
      const timer = setTimeout(() => child.kill('SIGKILL'), limit);
      const message = await nextMessage(child, ended);
      clearTimeout(timer);
      if (child.exitCode === DEFECT) throw new Error(`The fuzzer itself failed: ${printed}`);
      if (message?.type !== 'tried') {
        const how = child.signalCode ?? `exit code ${child.exitCode ?? 'unknown'}`;
        const late = performance.now() - sent >= limit;
        tell(chunk, late ? `a hang: more than ${limit} ms` : `a crash: ${how}\n${printed}`);
        return true;
      }
      const large = message.peak > memoryLimit;
      tell(chunk, large ? `${Math.round(message.peak / 2 ** 20)} MiB of memory` : message);
      if (large) return true;
      tried += chunk.count;
      if (tried >= lifetime) return true;
      chunk = next();
      if (!chunk) return false;
    }
    return true;
  } finally {
    if (child.exitCode === null && child.signalCode === null) {
      child.disconnect();
      await ended;
    }
  }
}

/** The child's next message; undefined when it ended instead. */
async function nextMessage(child: ChildProcess, ended: Promise<undefined>): Promise<FromChild | undefined> {
  const message: unknown = await Promise.race([
    once(child, 'message').then(([first]: unknown[]) => first),
    ended,
  ]);
  return message === undefined ? undefined : fromChild.parse(message);
}
