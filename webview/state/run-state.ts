import type { AttackReport, RunRecord } from '../../src/core/records/run-files';
import type { TransferTable } from '../../src/core/records/transfer-files';
import type { RunProgress } from '../../src/core/progress';
import type { ToDashboard } from '../../src/protocol/dashboard-protocol';
import { RunSeries } from './run-series';

export type SamplesMessage = Extract<ToDashboard, { type: 'samples' }>['samples'];

/** What a message changed, so that only that is drawn again. */
export type Part =
  'record' | 'progress' | 'steps' | 'evaluations' | 'samples' | 'galleries' | 'report' | 'transfer';
const allParts: readonly Part[] = [
  'record',
  'progress',
  'steps',
  'evaluations',
  'samples',
  'galleries',
  'report',
  'transfer',
];

/** Everything the dashboard knows about its run. It is rebuilt whenever the host sends the whole state. */
export class RunState {
  record: RunRecord | undefined;
  progress: RunProgress | undefined;
  samples: SamplesMessage | undefined;
  report: AttackReport | undefined;
  transfer: TransferTable | undefined;
  /** Milliseconds since 1970: when the report came, or the run went on with it. */
  reportedAt = 0;
  /** Pictures of the attacks of a report, by their place in it. */
  readonly galleries = new Map<number, SamplesMessage>();
  live = false;
  checkpoint = false;
  trusted = true;
  readonly series = new RunSeries();

  /** Takes a message in and tells what it changed. `now`: milliseconds since 1970. */
  apply(message: ToDashboard, now = Date.now()): ReadonlySet<Part> {
    switch (message.type) {
      case 'state':
        this.record = message.record;
        this.progress = message.progress;
        this.samples = message.samples;
        this.report = message.report;
        this.transfer = message.transfer;
        this.reportedAt = now;
        this.galleries.clear();
        for (const gallery of message.galleries ?? []) this.#addGallery(gallery);
        this.live = message.live;
        this.checkpoint = message.checkpoint;
        this.trusted = message.trusted;
        this.series.clear();
        this.series.append(message.rows);
        return new Set(allParts);
      case 'record':
        if (this.record && isOver(this.record) && !isOver(message.record)) this.reportedAt = now;
        this.record = message.record;
        this.live = message.live;
        this.checkpoint = message.checkpoint;
        if (isOver(message.record)) this.progress = undefined;
        return new Set<Part>(['record', 'progress']);
      case 'rows':
        this.series.append(message.rows);
        return new Set(message.rows.map((row): Part => (row.kind === 'step' ? 'steps' : 'evaluations')));
      case 'progress':
        this.progress = message.progress;
        return new Set<Part>(['progress']);
      case 'samples':
        this.samples = message.samples;
        return new Set<Part>(['samples']);
      case 'gallery':
        this.#addGallery(message.gallery);
        return new Set<Part>(['galleries']);
      case 'report':
        this.report = message.report;
        this.reportedAt = now;
        return new Set<Part>(['report']);
      case 'transfer':
        this.transfer = message.transfer;
        return new Set<Part>(['transfer']);
    }
  }

  #addGallery(gallery: SamplesMessage): void {
    if (gallery.grid.attack !== undefined) this.galleries.set(gallery.grid.attack, gallery);
  }
}

/** Whether nothing more will happen to a run by itself. */
export function isOver(record: RunRecord): boolean {
  return record.status === 'done' || record.status === 'stopped' || record.status === 'failed';
}
