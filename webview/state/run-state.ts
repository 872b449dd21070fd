import type { AttackReport, RunRecord, RunStatus } from '../../src/core/records/run-files';
import {
  isOver,
  reduce,
  type Corruptions,
  type Part,
  type RunState as State,
  type Samples,
} from '../../src/core/records/run-state';
import type { TransferTable } from '../../src/core/records/transfer-files';
import type { RunProgress } from '../../src/core/progress';
import type { RunFacts, ToDashboard } from '../../src/protocol/dashboard-protocol';
import { RunSeries } from './run-series';

const allParts: readonly Part[] = [
  ...(['record', 'progress', 'steps', 'evaluations', 'samples', 'galleries', 'report'] as const),
  ...(['transfer', 'corruptions'] as const),
];

/** What a page says of a run: what its record does, or that it waits to be told to go on. */
export type ShownStatus = RunStatus | 'pausing' | 'paused';

/** Everything the dashboard knows about its run. It is rebuilt whenever the host sends the whole state. */
export class RunState implements State {
  record: RunRecord | undefined;
  progress: RunProgress | undefined;
  samples: Samples | undefined;
  report: AttackReport | undefined;
  transfer: TransferTable | undefined;
  corruptions: Corruptions | undefined;
  /** Milliseconds since 1970: when the report came, or the run went on with it. */
  reportedAt = 0;
  /** Pictures of the attacks of a report, by their place in it. */
  readonly galleries = new Map<number, Samples>();
  live = false;
  checkpoint = false;
  paused = false;
  trusted = true;
  readonly series = new RunSeries();
  readonly rows = this.series;

  /** Takes a message in and tells what it changed. `now`: milliseconds since 1970. */
  apply(message: ToDashboard, now = Date.now()): ReadonlySet<Part> {
    switch (message.type) {
      case 'state':
        this.record = message.record;
        this.progress = message.progress;
        this.samples = message.samples;
        this.report = message.report;
        this.transfer = message.transfer;
        this.corruptions = message.corruptions;
        this.reportedAt = now;
        this.galleries.clear();
        for (const gallery of message.galleries ?? []) reduce(this, { type: 'gallery', ...gallery });
        this.#take(message);
        this.trusted = message.trusted;
        this.series.reset(message.steps ?? [], message.rows);
        return new Set(allParts);
      case 'rows':
        return new Set(message.rows.flatMap((row) => reduce(this, { type: 'metric', row })));
      case 'record':
        if (this.record && isOver(this.record) && !isOver(message.record)) this.reportedAt = now;
        return new Set(reduce(this, message));
      case 'facts':
        this.#take(message);
        return new Set(['record']);
      default:
        if (message.type === 'report') this.reportedAt = now;
        return new Set(reduce(this, message));
    }
  }

  get status(): ShownStatus | undefined {
    const { status } = this.record ?? {};
    if (!this.paused || status === undefined) return status;
    if (status === 'stopped') return 'paused';
    return isOver({ status }) ? status : 'pausing';
  }

  /** Whether nothing more is to come of it. */
  get isAtEnd(): boolean {
    return this.record !== undefined && isOver(this.record) && this.status !== 'paused';
  }

  #take({ live, checkpoint, paused }: RunFacts): void {
    Object.assign(this, { live, checkpoint, paused });
  }
}
