import type { RunEvent } from '../../core/records/run-event';
import type { MetricRow } from '../../core/records/run-files';
import type { ToDashboard } from '../../protocol/dashboard-protocol';

type MessageOf<T extends ToDashboard['type']> = Extract<ToDashboard, { type: T }>;

/** What a record's message says beside the record. */
export type RunFacts = Pick<MessageOf<'record'>, 'live' | 'checkpoint'>;

/** Gathers a run's events into few messages: every row, and of everything else only the latest (of galleries: of each attack). */
export class MessageBatch {
  private rows: MetricRow[] = [];
  private record: MessageOf<'record'> | undefined;
  private progress: MessageOf<'progress'> | undefined;
  private samples: MessageOf<'samples'> | undefined;
  private readonly galleries = new Map<number, MessageOf<'gallery'>>();
  private report: MessageOf<'report'> | undefined;
  private transfer: MessageOf<'transfer'> | undefined;

  add(event: RunEvent, facts: RunFacts): void {
    switch (event.type) {
      case 'record':
        this.record = { type: 'record', record: event.record, ...facts };
        break;
      case 'metric':
        this.rows.push(event.row);
        break;
      case 'progress':
        this.progress = { type: 'progress', progress: event.progress };
        break;
      case 'samples':
        this.samples = { type: 'samples', samples: { grid: event.grid, png: event.png } };
        break;
      case 'gallery':
        if (event.grid.attack !== undefined) {
          const gallery = { grid: event.grid, png: event.png };
          this.galleries.set(event.grid.attack, { type: 'gallery', gallery });
        }
        break;
      case 'report':
        this.report = { type: 'report', report: event.report };
        break;
      case 'transfer':
        this.transfer = { type: 'transfer', transfer: event.transfer };
        break;
      case 'log':
        break;
    }
  }

  /** The messages since the last call. The record comes last: it may say that the run is over. */
  take(): ToDashboard[] {
    const messages: ToDashboard[] = [];
    if (this.progress) messages.push(this.progress);
    if (this.rows.length > 0) messages.push({ type: 'rows', rows: this.rows });
    if (this.samples) messages.push(this.samples);
    if (this.report) messages.push(this.report);
    if (this.transfer) messages.push(this.transfer);
    messages.push(...this.galleries.values());
    if (this.record) messages.push(this.record);
    this.rows = [];
    this.galleries.clear();
    this.record = this.progress = this.samples = this.report = this.transfer = undefined;
    return messages;
  }
}
