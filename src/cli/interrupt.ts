import { messages, output } from './terminal';

/** npm and a terminal may both pass on one Ctrl-C; a second one counts only after this many milliseconds. */
const SAME_KEYSTROKE = 1000;

/**
 * The first Ctrl-C (or SIGTERM, a closed terminal, a reader of our output that went away) aborts the signal, so that
 * work stops at the next batch and is saved. A second Ctrl-C ends the process at once.
 */
export function interruptible(announce: (text: string) => void): AbortSignal {
  const controller = new AbortController();
  let stoppedAt = 0;
  const stop = (): void => {
    if (controller.signal.aborted) {
      if (performance.now() - stoppedAt > SAME_KEYSTROKE) process.exit(130);
      return;
    }
    stoppedAt = performance.now();
    announce('Stopping at the next batch; press Ctrl-C again to end at once (the last checkpoint stays).');
    controller.abort();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, stop);
  const gone = (): void => {
    controller.abort();
  };
  output.onBroken(gone);
  messages.onBroken(gone);
  return controller.signal;
}
