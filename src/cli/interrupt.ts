import { handleWhileOpen } from '../core/runs/open-runs';
import { messages, output } from './terminal';

/** npm and a terminal may both pass on one Ctrl-C; a second one counts only after this many milliseconds. */
const SAME_KEYSTROKE = 1000;

/** A process carries out one command; in a test, one after the other. */
let stopHandling = (): void => undefined;

/** Aborts when the reader of our output went away. */
export function readerGone(): AbortController {
  const controller = new AbortController();
  const gone = (): void => {
    controller.abort();
  };
  output.onBroken(gone);
  messages.onBroken(gone);
  return controller;
}

/**
 * While a run is open, the first Ctrl-C (or SIGTERM, a closed terminal) aborts the signal, so that work stops at the
 * next batch and is saved; a second one ends the process at once. Before and after that any of them ends it. The signal
 * aborts as well when the reader of our output went away.
 */
export function interruptible(announce: (text: string) => void): AbortSignal {
  const controller = readerGone();
  let stoppedAt: number | undefined;
  const stop = (): void => {
    if (stoppedAt !== undefined) {
      if (performance.now() - stoppedAt > SAME_KEYSTROKE) process.exit(130);
      return;
    }
    stoppedAt = performance.now();
    announce('Stopping at the next batch; press Ctrl-C again to end at once (the last checkpoint stays).');
    controller.abort();
  };
  stopHandling();
  stopHandling = handleWhileOpen({ SIGINT: stop, SIGTERM: stop, SIGHUP: stop });
  return controller.signal;
}
