import { workerData } from 'node:worker_threads';
import { isAlive } from '../core/processes/process-alive';

/**
 * The thread that ends this process when its host is gone (a bundle of its own, `host-watch.js`): the main thread can't
 * be told of that while it is in one long call, of ONNX Runtime, say, or of a parser.
 */
const host: unknown = workerData;
if (typeof host !== 'number') throw new Error('This is a thread of m2at; the command line is dist/cli.js.');
const id = host;

/** Milliseconds between two looks. */
const PERIOD = 500;

setInterval(() => {
  if (isHostGone()) process.kill(process.pid, 'SIGKILL');
}, PERIOD);

/** Whose parent is gone gets another one, but for Windows, where it keeps the number. */
function isHostGone(): boolean {
  return process.ppid !== id || (process.platform === 'win32' && !isAlive(id));
}
