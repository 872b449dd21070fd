import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../core/errors';

/**
 * Sees to it that this process ends when its host is gone, even while the main thread is busy in one call: it answers the
 * host, and has nothing to save. It does not keep the process alive.
 */
export function watchHost(): void {
  const thread = new Worker(path.join(__dirname, 'host-watch.js'), {
    workerData: process.ppid,
    name: 'host-watch',
  });
  thread.on('error', (error) => {
    console.error(
      `This process will not notice when its host is gone in the middle of a call: ${messageOf(error)}`,
    );
  });
  thread.unref();
}
