import path from 'node:path';
import { writeFileAtomic } from '../files/atomic-file';
import { appendToFile } from '../files/own-file';
import { makeOwnFolder, removeOwnFolder } from '../files/own-folders';
import { printable } from '../printable';
import { writeGallery } from './gallery-files';
import { appendMetricRow } from './metrics-file';
import type { OnRunEvent, RunProgress } from './run-event';
import { runRecord, type AttackReport, type MetricRow, type RunRecord } from './run-files';
import { runDirectory, runFile } from './run-paths';
import { writeSamples, type Samples } from './sample-files';

export type LogLevel = 'info' | 'warn' | 'error';

/**
 * Owns the directory of a run that goes on: what is written there is told to the listener as well, after it is
 * on the disk. Until {@link open} there is no directory, and only the listener hears.
 */
export class RunWriter {
  readonly folder: string;
  private current: RunRecord;
  private opened = false;

  constructor(
    root: string,
    record: RunRecord,
    private readonly onEvent: OnRunEvent,
  ) {
    this.folder = runDirectory(root, record.id);
    this.current = record;
  }

  get record(): RunRecord {
    return this.current;
  }

  file(name: string): string {
    return path.join(this.folder, name);
  }

  /**
   * Makes the directory (or takes an existing one over) and writes the record.
   * @throws M2atError `io`; a directory that was made for nothing is removed again
   */
  async open(experiment?: unknown): Promise<void> {
    const made = await makeOwnFolder(this.folder);
    try {
      if (experiment !== undefined) {
        await writeFileAtomic(this.file(runFile.experiment), pretty(experiment));
      }
      this.opened = true;
      await this.update({});
    } catch (error) {
      this.opened = false;
      if (made) await removeOwnFolder(this.folder).catch(() => undefined);
      throw error;
    }
  }

  /** Changes the record; a key that is set to undefined is removed. */
  async update(changes: { [Key in keyof RunRecord]?: RunRecord[Key] | undefined }): Promise<void> {
    this.change(changes);
    if (this.opened) await writeFileAtomic(this.file(runFile.record), pretty(this.current));
    this.onEvent({ type: 'record', record: this.current });
  }

  /** Tells the listener alone: for a state that lasts a moment. */
  announce(changes: Partial<RunRecord>): void {
    this.onEvent({ type: 'record', record: { ...this.current, ...changes } });
  }

  async row(row: MetricRow): Promise<void> {
    await appendMetricRow(this.file(runFile.metrics), row);
    this.onEvent({ type: 'metric', row });
  }

  async samples(samples: Samples): Promise<void> {
    await writeSamples(this.file(runFile.samples), samples);
    this.onEvent({ type: 'samples', ...samples });
  }

  /** Pictures of one attack, which take the place of its earlier ones. */
  async gallery(samples: Samples): Promise<void> {
    await writeGallery(this.file(runFile.gallery), samples);
    this.onEvent({ type: 'gallery', ...samples });
  }

  async report(report: AttackReport): Promise<void> {
    await writeFileAtomic(this.file(runFile.report), JSON.stringify(report));
    this.onEvent({ type: 'report', report });
  }

  async log(level: LogLevel, text: string): Promise<void> {
    const shown = printable(text);
    if (this.opened) {
      const line = `${new Date().toISOString()} ${level.padEnd(5)} ${shown}\n`;
      await appendToFile(this.file(runFile.log), line);
    }
    this.onEvent({ type: 'log', level, text: shown });
  }

  progress(progress: RunProgress): void {
    this.onEvent({ type: 'progress', progress });
  }

  private change(changes: { [Key in keyof RunRecord]?: RunRecord[Key] | undefined }): void {
    const entries = Object.entries({ ...this.current, ...changes });
    this.current = runRecord.parse(Object.fromEntries(entries.filter(([, value]) => value !== undefined)));
  }
}

function pretty(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
