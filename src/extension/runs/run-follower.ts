import type { Stats } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { RunEvent } from '../../core/runs/run-event';
import { readGrid } from '../../core/runs/grid-file';
import { metricsProblem, parseMetricLine } from '../../core/runs/metrics-file';
import { readReport } from '../../core/runs/report-file';
import type { RunRecord } from '../../core/runs/run-files';
import { runFile } from '../../core/runs/run-paths';
import type { TransferTable } from '../../core/runs/transfer-files';
import { readTransfer } from '../../core/runs/transfer-store';
import { readRecord, runDirectory, withProblems } from '../../core/runs/run-store';
import { sampleSteps } from '../../core/runs/sample-files';

/** Metrics are no larger; a larger file is not read into the extension host. */
const LARGEST_FILE = 64 << 20;

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
  private readonly galleriesChanged = new Map<number, string>();
  private lastRecord = '';
  /** Of the metrics so far. */
  private rows = 0;
  private damagedRows = 0;
  private reportProblem: string | undefined;
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
    return [metrics, this.reportProblem].filter((text) => text !== undefined);
  }

  private async readMetrics(events: RunEvent[]): Promise<boolean> {
    const file = path.join(this.directory, runFile.metrics);
    const found = await statOf(file);
    if (!found || found.size > LARGEST_FILE) return false;
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

    const bytes = Buffer.alloc(size - this.metricsRead);
    const handle = await open(file, 'r');
    let length = 0;
    try {
      ({ bytesRead: length } = await handle.read(bytes, 0, bytes.length, this.metricsRead));
    } finally {
      await handle.close();
    }
    // A line without its end is still being written: it is read again, whole, next time.
    const complete = bytes.subarray(0, length).lastIndexOf(0x0a) + 1;
    this.metricsRead += complete;
    for (const line of bytes.toString('utf8', 0, complete).split('\n')) {
      if (line === '') continue;
      const parsed = parseMetricLine(line);
      if (parsed) {
        this.rows++;
        events.push({ type: 'metric', row: parsed.row });
        continue;
      }
      this.damagedRows++;
      events.push({ type: 'log', level: 'warn', text: `${file}: not a metric row: ${line.slice(0, 200)}` });
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
    events.push({ type: 'transfer', transfer: (await readTransfer(this.directory)) ?? none });
  }

  private async readGalleries(events: RunEvent[]): Promise<void> {
    const folder = path.join(this.directory, runFile.gallery);
    const names = await readdir(folder).catch(() => []);
    const places = names.flatMap((name) => /^(\d+)\.json$/.exec(name)?.[1] ?? []).map(Number);
    for (const attack of places.sort((a, b) => a - b)) {
      const [description, picture] = [`${attack}.json`, `${attack}.png`].map((name) =>
        path.join(folder, name),
      );
      if (description === undefined || picture === undefined) continue;
      const [told, drawn] = [await statOf(description), await statOf(picture)];
      if (!told || !drawn) continue;
      const changed = `${told.mtimeMs} ${drawn.mtimeMs}`;
      if (changed === this.galleriesChanged.get(attack)) continue;
      const gallery = await readGrid(folder, attack).catch(() => undefined);
      if (!gallery) continue;
      events.push({ type: 'gallery', grid: { ...gallery.grid, attack }, png: gallery.png });
      this.galleriesChanged.set(attack, changed);
    }
  }
}

async function statOf(file: string): Promise<Stats | undefined> {
  return stat(file).catch(() => undefined);
}
