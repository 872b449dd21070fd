import { isCancelled } from '../cancellation';
import type { RunEvent } from '../records/run-event';
import type { RunControl } from '../runs/run-control';

export interface Pausable {
  /** Stops the run for good. */
  readonly signal: AbortSignal;
  readonly control?: RunControl | undefined;
  readonly onEvent: (run: string, event: RunEvent, isWritten: boolean) => void;
}

export interface Attempt extends Pick<Pausable, 'onEvent'> {
  readonly signal: AbortSignal;
  /** The run to go on with, instead of beginning one. */
  readonly resume: string | undefined;
}

/**
 * Does a run that can be paused: it is stopped and saved, which leaves the device to others, and once it may go on it is
 * resumed, to the same numbers.
 * @param attempt does the run, or goes on with it
 * @param isStopped whether the result is of a run that was stopped
 * @throws what the run throws
 */
export async function pausable<Result>(
  { signal, control, onEvent }: Pausable,
  attempt: (options: Attempt) => Promise<Result>,
  isStopped: (result: Result) => boolean,
  /** Called when it is paused: leaves what it holds beside the run. */
  leave: () => Promise<void> = () => Promise.resolve(),
): Promise<Result> {
  if (!control) return attempt({ signal, onEvent, resume: undefined });
  let written: string | undefined;
  const listen = (run: string, event: RunEvent, isWritten: boolean): void => {
    if (isWritten) written = run;
    onEvent(run, event, isWritten);
  };
  for (;;) {
    await control.untilResumed(signal);
    const { pauseSignal } = control;
    const wasPaused = (): boolean => pauseSignal.aborted && !signal.aborted;
    try {
      const either = AbortSignal.any([signal, pauseSignal]);
      const result = await attempt({ signal: either, onEvent: listen, resume: written });
      if (!isStopped(result) || !wasPaused()) return result;
      await leave();
      await control.untilResumed(signal);
      if (signal.aborted) return result;
    } catch (error) {
      // It was paused before there was anything of it, or anything to report.
      if (!isCancelled(error) || !wasPaused()) throw error;
      await leave();
      await control.untilResumed(signal);
      if (signal.aborted) throw error;
    }
  }
}
