import type { TrainJob } from '../core/jobs/train-job';
import type { CorruptionTable } from '../core/records/corruption-files';
import type { RunEvent } from '../core/records/run-event';
import type { EvaluationRow, RunRecord } from '../core/records/run-files';
import type { Registry } from '../core/registry/registry';
import { asJob } from './as-job';
import type { ComputeFlags } from './commands/common';
import { interruptible } from './interrupt';
import { RunView } from './run-view';
import { output } from './terminal';
import { trainSummary } from './train-summary';

/** Flags of every command that trains. */
export interface TrainingFlags extends ComputeFlags {
  readonly root: string;
  readonly ignoreMemory?: true;
  /** Waits for its turn: `queueTraining`. */
  readonly queue?: true;
  readonly json?: true;
}

/** What a job of training runs is given, whatever it trains. */
export type TrainingSetup = Pick<
  TrainJob,
  'root' | 'registry' | 'overrides' | 'ignoreMemory' | 'signal' | 'control' | 'onEvent' | 'onBegin'
>;

/**
 * Trains, shows how it goes and what it came to, and sets the exit code.
 * @param title what it is called where others see it
 */
export async function runTraining(
  title: string,
  flags: TrainingFlags,
  registry: Registry,
  job: (setup: TrainingSetup) => Promise<readonly RunRecord[]>,
): Promise<void> {
  const view = new RunView();
  const announce = (text: string): void => {
    view.print(text);
  };
  const interrupted = interruptible(announce);
  let { signal } = new AbortController();
  const finals = new Map<string, readonly EvaluationRow[]>();
  const corrupted = new Map<string, CorruptionTable>();
  const show = (run: string, event: RunEvent): void => {
    if (event.type === 'metric' && event.row.kind === 'evaluation' && event.row.final)
      finals.set(run, [...(finals.get(run) ?? []), event.row]);
    if (event.type === 'corruptions') corrupted.set(run, event.table);
    if (!flags.json) view.onEvent(run, event);
    else if (event.type !== 'samples') output.json({ run, event: withoutPictures(event) });
  };
  const onBegin = (runs: readonly string[]): void => {
    if (runs.length > 1) view.print(`${runs.length} runs, one after the other.`);
  };

  const { root, device, threads, ignoreMemory } = flags;
  const overrides = { ...(device && { device }), ...(threads !== undefined && { threads }) };
  let records: readonly RunRecord[];
  try {
    records = await asJob({ title, root, device }, interrupted, announce, (controlled) => {
      ({ signal } = controlled);
      const onEvent: typeof controlled.onEvent = (run, event, isWritten) => {
        controlled.onEvent(run, event, isWritten);
        show(run, event);
      };
      return job({ root, registry, overrides, ignoreMemory, ...controlled, onEvent, onBegin });
    });
  } finally {
    view.end();
  }

  if (flags.json) output.json({ runs: records });
  else output.write(trainSummary(records, finals, root, corrupted));
  if (records.some(({ status }) => status === 'failed')) process.exitCode = 1;
  else if (signal.aborted) process.exitCode = 130;
}

/** Pictures are no numbers. */
function withoutPictures(event: RunEvent): RunEvent {
  return event.type === 'corruptions' ? { type: event.type, table: event.table } : event;
}
