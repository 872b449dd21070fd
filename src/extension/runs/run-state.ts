import type { RunProgress } from '../../core/progress';
import type { RunEvent } from '../../core/records/run-event';
import type { AttackReport, EvaluationRow, MetricRow, RunRecord } from '../../core/records/run-files';
import type { TransferTable } from '../../core/records/transfer-files';
import { isOver } from '../../core/runs/run-store';

/** A sample grid and its picture. */
export type Samples = Pick<Extract<RunEvent, { type: 'samples' }>, 'grid' | 'png'>;

/** What the host knows of one run: the sum of its events, whether they came from a worker or from disk. */
export class RunState {
  readonly rows: MetricRow[] = [];
  samples: Samples | undefined;
  report: AttackReport | undefined;
  /** What other networks make of the examples. */
  transfer: TransferTable | undefined;
  /** Pictures of the attacks of a report, by their place in it. */
  readonly galleries = new Map<number, Samples>();
  progress: RunProgress | undefined;

  constructor(public record: RunRecord) {}

  /** `rewound`: a resumed run repeats steps after its checkpoint, so later rows were dropped. */
  apply(event: RunEvent): 'added' | 'rewound' {
    switch (event.type) {
      case 'record':
        this.record = event.record;
        if (isOver(event.record)) this.progress = undefined;
        break;
      case 'progress':
        this.progress = event.progress;
        break;
      case 'metric':
        return this.addRow(event.row);
      case 'samples':
        this.samples = { grid: event.grid, png: event.png };
        break;
      case 'gallery':
        if (event.grid.attack !== undefined) {
          this.galleries.set(event.grid.attack, { grid: event.grid, png: event.png });
        }
        break;
      case 'report':
        this.report = event.report;
        break;
      case 'transfer':
        this.transfer = event.transfer;
        break;
      case 'log':
        break;
    }
    return 'added';
  }

  private addRow(row: MetricRow): 'added' | 'rewound' {
    const rewound = row.step < (this.rows.at(-1)?.step ?? 0);
    if (rewound) {
      // From the end, so that what is looked at goes: rows of any order take no longer than they are many.
      this.rows.length = this.rows.findLastIndex(({ step }) => step < row.step) + 1;
    }
    this.rows.push(row);
    return rewound ? 'rewound' : 'added';
  }

  /** The latest evaluation row. */
  get evaluation(): EvaluationRow | undefined {
    return this.rows.findLast((row): row is EvaluationRow => row.kind === 'evaluation');
  }
}

/** A run that was stopped or failed, with something to go on from. */
export function isResumable({ status }: RunRecord, hasResumePoint: boolean): boolean {
  return (status === 'stopped' || status === 'failed') && hasResumePoint;
}
