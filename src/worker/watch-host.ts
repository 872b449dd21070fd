import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../core/errors';
import { onOpenRuns } from '../core/runs/open-runs';
import type { HostWatchData } from './host-watch-data';

/**
 * Sees to it that this process ends when its host is gone, even while the main thread is busy in one call: at once, or,
 * while a run is open, after the time that the run has to save itself. It does not keep the process alive.
 * @param grace milliseconds
 */
export function watchHost(grace: number): void {
  const open = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  onOpenRuns((isOpen) => {
    Atomics.store(open, 0, isOpen ? 1 : 0);
  });
  const workerData: HostWatchData = { host: process.ppid, open, grace };
  const thread = new Worker(path.join(__dirname, 'host-watch.js'), { workerData, name: 'host-watch' });
  thread.on('error', (error) => {
    console.error(
      `This process will not notice when its host is gone in the middle of a call: ${messageOf(error)}`,
    );
  });
  thread.unref();
}
