import type { AttackReport, RunRecord } from '../../src/core/records/run-files';
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
import type { ToDashboard } from '../../src/protocol/dashboard-protocol';
import { RunSeries } from './run-series';

const allParts: readonly Part[] = [
  ...(['record', 'progress', 'steps', 'evaluations', 'samples', 'galleries', 'report'] as const),
  ...(['transfer', 'corruptions'] as const),
];

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
        this.live = message.live;
        this.checkpoint = message.checkpoint;
        this.trusted = message.trusted;
        this.series.clear();
        for (const row of message.rows) this.rows.append(row);
        return new Set(allParts);
      case 'rows':
        return new Set(message.rows.flatMap((row) => reduce(this, { type: 'metric', row })));
      case 'record':
        if (this.record && isOver(this.record) && !isOver(message.record)) this.reportedAt = now;
        this.live = message.live;
        this.checkpoint = message.checkpoint;
        return new Set(reduce(this, message));
      default:
        if (message.type === 'report') this.reportedAt = now;
        return new Set(reduce(this, message));
    }
  }
}
