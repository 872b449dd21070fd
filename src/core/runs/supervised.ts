import type { RunEvent } from '../records/run-event';
import type { RunRecord } from '../records/run-files';
import { recordFailure } from './run-lifecycle';
import { RunWriter } from './run-writer';

export interface SupervisedRun {
  /** The run is written to `<root>/.m2at/runs/<id>`. */
  readonly root: string;
  readonly signal: AbortSignal;
  /** @param isWritten whether the run's directory has it, too */
  readonly onEvent: (runId: string, event: RunEvent, isWritten: boolean) => void;
}

/** Tells the record from the start, that the run is about to stop, and how it ended if it fails. */
export async function supervised<T>(
  { root, signal, onEvent }: SupervisedRun,
  record: RunRecord,
  job: (writer: RunWriter) => Promise<T>,
): Promise<T> {
  const writer = new RunWriter(root, record, (event) => {
    onEvent(writer.record.id, event, writer.isOpen);
  });
  const announceStop = (): void => {
    writer.stopping();
  };
  signal.addEventListener('abort', announceStop, { once: true });
  try {
    writer.announce({});
    return await job(writer);
  } catch (error) {
    // Before there is a directory, only the listener hears of it.
    await recordFailure(writer, error);
    throw error;
  } finally {
    signal.removeEventListener('abort', announceStop);
    writer.close();
  }
}
