import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { RunEvent } from '../../core/records/run-event';
import { readError } from '../../core/files/open-for-reading';
import { readByteLines, type ByteLine } from '../../core/files/read-lines';
import { galleryPlaces, MAX_GALLERY_BYTES } from '../../core/runs/gallery-files';
import { readGrid } from '../../core/runs/grid-file';
import { readProgress } from '../../core/runs/progress-file';
import { metricsLimits, metricsProblem, parseMetricBytes } from '../../core/runs/metrics-file';
import { readReport } from '../../core/runs/report-file';
import type { RunRecord } from '../../core/records/run-files';
import { runFile } from '../../core/records/run-paths';
import { isOver } from '../../core/records/run-state';
import type { TransferTable } from '../../core/records/transfer-files';
import { readCorruptions } from '../../core/runs/corruption-store';
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

/** All files are looked at so often at least while a run's change: not every change is told everywhere, ms. */
const ALL_EVERY_MS = 5000;
/** When a folder was changed is told in steps of so many milliseconds, by the coarsest file systems. */
const FOLDER_TIME_STEP = 2000;

/**
 * Reads a run directory as it grows, whoever writes it: each call returns what is new since the last one,
 * as the events that a worker would have sent.
 */
export class RunFollower {
  private metricsRead = 0;
  private metricsFile: number | undefined;
  /** When each file was written of which there were events. At first there are no results of a transfer. */
  private readonly seen = new Map<string, string>([[runFile.transfer, 'undefined']]);
  private readonly galleryBytes = new Map<number, number>();
  private record: RunRecord | undefined;
  private lastRecord = '';
  /** When all files were looked at last. */
  private allAt = -Infinity;
  /** Of the metrics so far. */
  private rows = 0;
  private damagedRows = 0;
  private readProblem: string | undefined;
  /** Of other files, by their names. */
  private readonly fileProblems = new Map<string, string>();
  private queue: Promise<unknown> = Promise.resolve();

  private readonly directory: string;

  constructor(
    private readonly root: string,
    private readonly id: string,
  ) {
    this.directory = runDirectory(root, id);
  }

  /**
   * Undefined when the run is gone. Calls run one after the other.
   * @param changed names of the files in the directory that may have changed; absent: all of them
   */
  read(changed?: ReadonlySet<string>): Promise<FollowedChanges | undefined> {
    const next = this.queue.then(() => this.readOnce(changed));
    this.queue = next.catch(() => undefined);
    return next;
  }

  private async readOnce(changed?: ReadonlySet<string>): Promise<FollowedChanges | undefined> {
    if (!(await statOf(this.directory))) return undefined;
    const now = performance.now();
    const isAll = changed === undefined || now - this.allAt >= ALL_EVERY_MS;
    if (isAll) this.allAt = now;
    const mayBeNew = (file: string): boolean => isAll || changed.has(file);
    if (mayBeNew(runFile.record) || mayBeNew(runFile.marks)) this.record = undefined;
    const record = (this.record ??= await readRecord(this.root, this.id));
    const events: RunEvent[] = [];
    const restarted = mayBeNew(runFile.metrics) && (await this.readMetrics(events));
    await this.readSamples(events);
    if (mayBeNew(runFile.report)) await this.readReport(events);
    if (mayBeNew(runFile.transfer)) await this.readTransfer(events);
    if (mayBeNew(runFile.corruptions)) await this.readCorruptions(events);
    await this.readGalleries(events);
    if (mayBeNew(runFile.progress)) await this.readProgress(events, record);
    const shown = withProblems(record, this.problems(record));
    const text = JSON.stringify(shown);
    if (text !== this.lastRecord) events.unshift({ type: 'record', record: shown });
    this.lastRecord = text;
    return { events, restarted };
  }

  private problems(record: RunRecord): string[] {
    const metrics = metricsProblem({ rows: this.rows, damaged: this.damagedRows }, record);
    const problems = [this.readProblem ?? metrics, ...this.fileProblems.values()];
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

    const take = ({ bytes, cut, ended }: ByteLine): undefined => {
      // A line without its end is still being written: it is read again, whole, next time.
      if (!ended || bytes.length === 0) return;
      const parsed = cut ? undefined : parseMetricBytes(bytes);
      if (parsed) {
        this.rows++;
        if (parsed.row) events.push({ type: 'metric', row: parsed.row });
        return;
      }
      // One message for a file that is something else.
      if (this.damagedRows++ < TOLD_LINES) {
        events.push({
          type: 'log',
          level: 'warn',
          text: `${file}: not a metric row: ${bytes.toString('utf8').slice(0, 200)}`,
        });
      }
    };
    try {
      this.metricsRead = await readByteLines(file, { ...metricsLimits, from: this.metricsRead }, take);
      this.readProblem = undefined;
    } catch (error) {
      this.metricsRead = size;
      this.readProblem = `${runFile.metrics}: ${readError(error, file).what}.`;
    }
    return restarted;
  }

  private async readSamples(events: RunEvent[]): Promise<void> {
    const folder = path.join(this.directory, runFile.samples);
    if (!(await this.mayHaveNew(folder))) return;
    const latest = (await sampleSteps(folder)).at(-1);
    if (latest === undefined || !this.isNew(runFile.samples, String(latest))) return;
    const samples = await readGrid(folder, latest).catch(() => undefined);
    if (samples) events.push({ type: 'samples', ...samples });
    // It may be whole the next time.
    else this.lookAgain(runFile.samples, folder);
  }

  private async readReport(events: RunEvent[]): Promise<void> {
    const changed = await statOf(path.join(this.directory, runFile.report));
    if (!changed || !this.isNew(runFile.report, String(changed.mtimeMs))) return;
    const { record: report, problem } = await readReport(this.directory);
    this.tell(runFile.report, problem);
    if (report) events.push({ type: 'report', report });
    else this.seen.delete(runFile.report);
  }

  private async readProgress(events: RunEvent[], record: RunRecord): Promise<void> {
    if (isOver(record)) return;
    const file = path.join(this.directory, runFile.progress);
    const changed = await statOf(file);
    if (!changed || !this.isNew(runFile.progress, String(changed.mtimeMs))) return;
    const progress = await readProgress(file);
    if (progress) events.push({ type: 'progress', progress });
  }

  private async readTransfer(events: RunEvent[]): Promise<void> {
    const changed = await statOf(path.join(this.directory, runFile.transfer));
    if (!this.isNew(runFile.transfer, String(changed?.mtimeMs))) return;
    const none: TransferTable = { version: 1, warnings: [], rows: [] };
    const { record: transfer = none, problem } = await readTransfer(this.directory);
    this.tell(runFile.transfer, problem);
    events.push({ type: 'transfer', transfer });
  }

  private async readCorruptions(events: RunEvent[]): Promise<void> {
    const changed = await statOf(path.join(this.directory, runFile.corruptions));
    if (!changed || !this.isNew(runFile.corruptions, String(changed.mtimeMs))) return;
    const { record: corruptions, problem } = await readCorruptions(this.directory);
    this.tell(runFile.corruptions, problem);
    if (corruptions) events.push({ type: 'corruptions', ...corruptions });
    else this.seen.delete(runFile.corruptions);
  }

  private async readGalleries(events: RunEvent[]): Promise<void> {
    const folder = path.join(this.directory, runFile.gallery);
    if (!(await this.mayHaveNew(folder))) return;
    for (const attack of await galleryPlaces(folder)) {
      const told = await statOf(path.join(folder, `${attack}.json`));
      const drawn = await statOf(path.join(folder, `${attack}.png`));
      const name = `${runFile.gallery} ${attack}`;
      if (!told || !drawn || !this.isNew(name, `${told.mtimeMs} ${drawn.mtimeMs}`)) continue;
      const gallery = await readGrid(folder, attack).catch(() => undefined);
      const others = [...this.galleryBytes].filter(([place]) => place !== attack);
      const held = others.reduce((sum, [, bytes]) => sum + bytes, gallery?.png.length ?? Infinity);
      if (gallery && held <= MAX_GALLERY_BYTES) {
        events.push({ type: 'gallery', grid: { ...gallery.grid, attack }, png: gallery.png });
        this.galleryBytes.set(attack, gallery.png.length);
      } else this.lookAgain(name, folder);
    }
  }

  /** Whether files may have come into a folder since it was read: what is in it is not watched. */
  private async mayHaveNew(folder: string): Promise<boolean> {
    const found = await statOf(folder);
    if (!found) return false;
    const isSettled = Date.now() - found.mtimeMs > FOLDER_TIME_STEP;
    return this.isNew(folder, `${found.mtimeMs} ${isSettled}`) || !isSettled;
  }

  /** Whether something was written since it was read. */
  private isNew(name: string, when: string): boolean {
    const isNew = this.seen.get(name) !== when;
    this.seen.set(name, when);
    return isNew;
  }

  private lookAgain(...names: readonly string[]): void {
    for (const name of names) this.seen.delete(name);
  }

  private tell(name: string, problem: string | undefined): void {
    if (problem === undefined) this.fileProblems.delete(name);
    else this.fileProblems.set(name, problem);
  }
}

async function statOf(file: string): Promise<Stats | undefined> {
  return stat(file).catch(() => undefined);
}
