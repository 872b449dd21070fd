import { workerData } from 'node:worker_threads';
import { isAlive } from '../core/processes/process-alive';
import { isHostWatchData } from './host-watch-data';

/**
 * The thread that ends this process when its host is gone (a bundle of its own, `host-watch.js`): the main thread can't
 * be told of that while it is in one long call, of ONNX Runtime, say, or of a parser.
 */
const data: unknown = workerData;
if (!isHostWatchData(data)) throw new Error('This is a thread of m2at; the command line is dist/cli.js.');
const { host, open, grace } = data;

/** Milliseconds between two looks. */
const PERIOD = 500;

let goneSince: number | undefined;

setInterval(() => {
  if (!isHostGone()) return;
  goneSince ??= performance.now();
  // The main thread saves an open run and ends, unless it is stuck.
  if (Atomics.load(open, 0) === 1 && performance.now() - goneSince < grace) return;
  process.kill(process.pid, 'SIGKILL');
}, PERIOD);

/** Whose parent is gone gets another one, but for Windows, where it keeps the number. */
function isHostGone(): boolean {
  return process.ppid !== host || (process.platform === 'win32' && !isAlive(host));
}
