/**
 * The first Ctrl-C (or SIGTERM) aborts the signal, so that work stops at the next batch and is saved; the
 * second ends the process at once.
 */
export function interruptible(announce: (text: string) => void): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130);
    announce('Stopping at the next batch; press Ctrl-C again to end at once (the last checkpoint stays).');
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return controller.signal;
}
