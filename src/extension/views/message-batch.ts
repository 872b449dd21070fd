import type { RunEvent } from '../../core/records/run-event';
import { withFacts } from '../../core/report/known-report';
import type { MetricRow } from '../../core/records/run-files';
import type { ToDashboard } from '../../protocol/dashboard-protocol';

type Latest = Exclude<ToDashboard, { type: 'state' | 'rows' }>;

/** Gathers a run's events into few messages: every row, and of everything else only the latest (of galleries: of each attack). */
export class MessageBatch {
  private rows: MetricRow[] = [];
  private readonly latest = new Map<string, Latest>();

  add(event: RunEvent): void {
    if (event.type === 'metric') this.rows.push(event.row);
    else if (event.type === 'gallery') this.latest.set(`gallery ${event.grid.attack ?? ''}`, event);
    else if (event.type === 'report')
      this.latest.set('report', { ...event, report: withFacts(event.report) });
    else if (event.type !== 'log') this.latest.set(event.type, event);
  }

  /** The messages since the last call. The record comes last: it may say that the run is over. */
  take(): ToDashboard[] {
    const { rows } = this;
    const latest = [...this.latest.values()];
    this.rows = [];
    this.latest.clear();
    return [
      ...latest.filter(({ type }) => type !== 'record'),
      ...(rows.length > 0 ? [{ type: 'rows' as const, rows }] : []),
      ...latest.filter(({ type }) => type === 'record'),
    ];
  }
}
