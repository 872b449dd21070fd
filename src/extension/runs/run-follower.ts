import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { RunEvent } from '../../core/records/run-event';
import { readError } from '../../core/files/open-for-reading';
import { readLines, type Line } from '../../core/files/read-lines';
import { galleryPlaces, MAX_GALLERY_BYTES } from '../../core/runs/gallery-files';
import { readGrid } from '../../core/runs/grid-file';
import { metricsLimits, metricsProblem, parseMetricLine } from '../../core/runs/metrics-file';
import { readReport } from '../../core/runs/report-file';
import type { RunRecord } from '../../core/records/run-files';
import { runFile } from '../../core/records/run-paths';
import type { TransferTable } from '../../core/records/transfer-files';
import { readTransfer } from '../../core/runs/transfer-store';
import { readRecord, runDirectory, withProblems } from '../../core/runs/run-store';
import { sampleSteps } from '../../core/runs/sample-files';

/** Of lines that are no rows. */
const TOLD_LINES = 20;

export interface FollowedChanges {
  readonly events: readonly RunEvent[];
  /** The metrics were rewritten (a resumed run drops what its checkpoint had not seen): start over. */
  readonly restarted: boolean;
}

/**
 * Reads a run directory as it grows, whoever writes it: each call returns what is new since the last one,
 * as the events that a worker would have sent.
 */
export class RunFollower {
  private metricsRead = 0;
  private metricsFile: number | undefined;
  private samplesStep = -1;
  private reportChanged = -1;
  /** When it was written; undefined where there is none. */
  private transferChanged: number | undefined;
  /** For each attack with pictures: when they were written. */
  private readonly galleriesChanged = new Map<number, { readonly when: string; readonly bytes: number }>();
  private lastRecord = '';
  /** Of the metrics so far. */
  private rows = 0;
  private damagedRows = 0;
  private readProblem: string | undefined;
  private reportProblem: string | undefined;
  private transferProblem: string | undefined;
  private queue: Promise<unknown> = Promise.resolve();

  private readonly directory: string;

  constructor(
    private readonly root: string,
    private readonly id: string,
  ) {
    this.directory = runDirectory(root, id);
  }

  /** Undefined when the run is gone. Calls run one after the other. */
  read(): Promise<FollowedChanges | undefined> {
    const next = this.queue.then(() => this.readOnce());
    this.queue = next.catch(() => undefined);
    return next;
  }

  private async readOnce(): Promise<FollowedChanges | undefined> {
    if (!(await statOf(this.directory))) return undefined;
    const record = await readRecord(this.root, this.id);
    const events: RunEvent[] = [];
    const restarted = await this.readMetrics(events);
    await this.readSamples(events);
    await this.readReport(events);
    await this.readTransfer(events);
    await this.readGalleries(events);
    const shown = withProblems(record, this.problems(record));
    const text = JSON.stringify(shown);
    if (text !== this.lastRecord) events.unshift({ type: 'record', record: shown });
    this.lastRecord = text;
    return { events, restarted };
  }

  private problems(record: RunRecord): string[] {
    const metrics = metricsProblem({ rows: this.rows, damaged: this.damagedRows }, record);
    const problems = [this.readProblem ?? metrics, this.reportProblem, this.transferProblem];
    return problems.filter((text) => text !== undefined);
  }

  private async readMetrics(events: RunEvent[]): Promise<boolean> {
    const file = path.join(this.directory, runFile.metrics);
    const found = await statOf(file);
    if (!found) return false;
    const { size, ino } = found;
    // Rows are only appended; a file that is shorter, or another one, was written anew.
    const restarted = size < this.metricsRead || (this.metricsFile !== undefined && ino !== this.metricsFile);
    this.metricsFile = ino;
    if (restarted) {
      this.metricsRead = 0;
      this.rows = 0;
      this.damagedRows = 0;
    }
    if (size === this.metricsRead) return restarted;

    const take = ({ text, cut, ended }: Line): undefined => {
      // A line without its end is still being written: it is read again, whole, next time.
      if (!ended || text === '') return;
      const parsed = cut ? undefined : parseMetricLine(text);
      if (parsed) {
        this.rows++;
        if (parsed.row) events.push({ type: 'metric', row: parsed.row });
        return;
      }
      // One message for a file that is something else.
      if (this.damagedRows++ < TOLD_LINES) {
        events.push({ type: 'log', level: 'warn', text: `${file}: not a metric row: ${text.slice(0, 200)}` });
      }
    };
    try {
      this.metricsRead = await readLines(file, { ...metricsLimits, from: this.metricsRead }, take);
      this.readProblem = undefined;
    } catch (error) {
      this.metricsRead = size;
      this.readProblem = `${runFile.metrics}: ${readError(error, file).what}.`;
    }
    return restarted;
  }

  private async readSamples(events: RunEvent[]): Promise<void> {
    const folder = path.join(this.directory, runFile.samples);
    const latest = (await sampleSteps(folder)).at(-1);
    if (latest === undefined || latest === this.samplesStep) return;
    const samples = await readGrid(folder, latest).catch(() => undefined);
    if (!samples) return;
    events.push({ type: 'samples', ...samples });
    this.samplesStep = latest;
  }

  private async readReport(events: RunEvent[]): Promise<void> {
    const file = path.join(this.directory, runFile.report);
    const changed = (await statOf(file))?.mtimeMs;
    if (changed === undefined || changed === this.reportChanged) return;
    const { report, problem } = await readReport(this.directory);
    this.reportProblem = problem;
    if (!report) return;
    this.reportChanged = changed;
    events.push({ type: 'report', report });
  }

  private async readTransfer(events: RunEvent[]): Promise<void> {
    const changed = (await statOf(path.join(this.directory, runFile.transfer)))?.mtimeMs;
    if (changed === this.transferChanged) return;
    this.transferChanged = changed;
    const none: TransferTable = { version: 1, warnings: [], rows: [] };
    const { transfer = none, problem } = await readTransfer(this.directory);
    this.transferProblem = problem;
    events.push({ type: 'transfer', transfer });
  }

  private async readGalleries(events: RunEvent[]): Promise<void> {
    const folder = path.join(this.directory, runFile.gallery);
    for (const attack of await galleryPlaces(folder)) {
      const [description, picture] = [`${attack}.json`, `${attack}.png`].map((name) =>
        path.join(folder, name),
      );
      if (description === undefined || picture === undefined) continue;
      const [told, drawn] = [await statOf(description), await statOf(picture)];
      if (!told || !drawn) continue;
      const changed = `${told.mtimeMs} ${drawn.mtimeMs}`;
      const before = this.galleriesChanged.get(attack);
      if (changed === before?.when) continue;
      const gallery = await readGrid(folder, attack).catch(() => undefined);
      if (!gallery) continue;
      const bytes = gallery.png.length;
      const held = [...this.galleriesChanged.values()].reduce(
        (sum, one) => sum + one.bytes,
        -(before?.bytes ?? 0),
      );
      if (held + bytes > MAX_GALLERY_BYTES) continue;
      events.push({ type: 'gallery', grid: { ...gallery.grid, attack }, png: gallery.png });
      this.galleriesChanged.set(attack, { when: changed, bytes });
    }
  }
}

async function statOf(file: string): Promise<Stats | undefined> {
  return stat(file).catch(() => undefined);
}
