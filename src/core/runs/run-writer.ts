import path from 'node:path';
import { writeFileAtomic } from '../files/atomic-file';
import { appendToFile, removeFile } from '../files/own-file';
import { makeOwnFolder, removeOwnFolder } from '../files/own-folders';
import { printable } from '../printable';
import { sealJson } from '../files/sealed-json';
import { tolerant } from '../tolerant';
import { sha256OfJson } from '../files/sha256';
import { writeGallery } from './gallery-files';
import { appendMetricRow, flushMetricRows } from './metrics-file';
import type { RunProgress } from '../progress';
import type { OnRunEvent } from '../records/run-event';
import { writeCorruptions } from './corruption-store';
import { holdOpenRun } from './open-runs';
import { ProgressFile } from './progress-file';
import { writeReport } from './report-file';
import {
  runRecord,
  type AttackReport,
  type MetricRow,
  type RunRecord,
  type RunStatus,
} from '../records/run-files';
import { otherRunId, runDirectory, runFile } from '../records/run-paths';
import { isOver, type Corruptions } from '../records/run-state';
import { assertExists } from './run-store';
import { writeSamples, type Samples } from './sample-files';
import type { StoredAttackTask } from '../records/attack-files';

export type LogLevel = 'info' | 'warn' | 'error';

/**
 * Owns the directory of a run that goes on: what is written there is told to the listener as well, after it is
 * on the disk. Until {@link open} there is no directory, and only the listener hears.
 */
export class RunWriter {
  private current: RunRecord;
  private opened = false;
  /** Rows of `metrics.jsonl`, once that is known. */
  private rows: number | undefined;
  private letGo: (() => void) | undefined;
  private progressFile: ProgressFile | undefined;
  /** Writes of the record, one after the other. */
  private writes: Promise<unknown> = Promise.resolve();
  /** What was read may have keys of a later version: they stay. */
  private readonly schema: typeof runRecord;

  constructor(
    private readonly root: string,
    record: RunRecord,
    private readonly onEvent: OnRunEvent,
  ) {
    this.current = record;
    this.schema = runRecord.safeParse(record).success ? runRecord : tolerant(runRecord);
  }

  get folder(): string {
    return runDirectory(this.root, this.current.id);
  }

  get record(): RunRecord {
    return this.current;
  }

  /** Whether the run's directory has what is told. */
  get isOpen(): boolean {
    return this.opened;
  }

  file(name: string): string {
    return path.join(this.folder, name);
  }

  /**
   * Makes the directory, which no other run has, and writes the record: where the id is taken it gets another one. Until
   * {@link close} the run counts as open.
   * @throws M2atError `io`; a directory that was made for nothing is removed again
   */
  async open(experiment?: unknown): Promise<void> {
    this.letGo ??= holdOpenRun();
    const { id } = this.current;
    while (!(await makeOwnFolder(this.folder))) this.change({ id: otherRunId(id) });
    await this.begin(experiment, true);
  }

  /** Goes on in the directory of a run, which is there. @throws M2atError `io`, `bad-input` when it is not there */
  async reopen(): Promise<void> {
    this.letGo ??= holdOpenRun();
    await assertExists(this.folder, this.current.id);
    await this.begin(undefined, false);
  }

  private async begin(experiment: unknown, made: boolean): Promise<void> {
    try {
      if (experiment !== undefined) {
        this.change({ checksums: { ...this.current.checksums, experiment: sha256OfJson(experiment) } });
        await writeFileAtomic(this.file(runFile.experiment), pretty(experiment));
        this.rows = 0;
      }
      this.opened = true;
      this.progressFile = new ProgressFile(this.file(runFile.progress));
      if (!made) await removeFile(this.file(runFile.progress));
      await this.update({});
    } catch (error) {
      this.opened = false;
      if (made) await removeOwnFolder(this.folder).catch(() => undefined);
      throw error;
    }
  }

  /** The process may end from now on: the run is over, and what is to be kept of it is on the disk. */
  close(): void {
    this.letGo?.();
  }

  /** Changes the record; a key that is set to undefined is removed. */
  async update(changes: { [Key in keyof RunRecord]?: RunRecord[Key] | undefined }): Promise<void> {
    this.change(changes);
    const { current } = this;
    if (isOver(current)) await this.progressFile?.remove();
    if (this.opened) await this.writeRecord(current);
    this.onEvent({ type: 'record', record: current });
  }

  /** Says that the run is about to stop: in its record too, but a disk that refuses that keeps it from nothing. */
  stopping(): void {
    if (isOver(this.current)) return;
    if (this.opened) void this.update({ status: 'stopping' }).catch(() => undefined);
    else this.announce({ status: 'stopping' });
  }

  private writeRecord(record: RunRecord): Promise<void> {
    const write = this.writes.then(() =>
      writeFileAtomic(this.file(runFile.record), sealJson(pretty(record))),
    );
    this.writes = write.catch(() => undefined);
    return write;
  }

  /** Tells the listener alone. */
  announce(changes: Partial<RunRecord>): void {
    this.onEvent({ type: 'record', record: { ...this.current, ...changes } });
  }

  async row(row: MetricRow): Promise<void> {
    await appendMetricRow(this.file(runFile.metrics), row);
    this.rows = (this.rows ?? 0) + 1;
    this.onEvent({ type: 'metric', row });
  }

  /**
   * Writes `attack.json`. Its checksum is in the record before it, and beside it the one of the file that is replaced,
   * so that the two fit at every moment.
   * @throws M2atError `io`
   */
  async task(task: StoredAttackTask): Promise<void> {
    const { checksums } = this.current;
    const sum = sha256OfJson(task);
    const before = checksums?.attack?.[0];
    await this.update({
      checksums: { ...checksums, attack: before === undefined || before === sum ? [sum] : [sum, before] },
    });
    await writeFileAtomic(this.file(runFile.attack), `${JSON.stringify(task)}\n`);
  }

  /** Rows that the metrics of a run have, which is gone on with. */
  goOnAfter(rows: number): void {
    this.rows = rows;
  }

  /** Rows of the metrics so far, all of them on the disk. @throws M2atError `io` */
  async flushedRows(): Promise<number | undefined> {
    await flushMetricRows(this.file(runFile.metrics));
    return this.rows;
  }

  /** Something about the files of the run that whoever reads its numbers has to know. @throws M2atError `io` */
  async warn(text: string): Promise<void> {
    const { warnings = [] } = this.current;
    if (!warnings.includes(text)) await this.update({ warnings: [...warnings, text] });
    await this.log('warn', text);
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

  /** Accuracy under common corruptions, as far as it is measured. */
  async corruptions(corruptions: Corruptions): Promise<void> {
    await writeCorruptions(this.folder, corruptions);
    this.onEvent({ type: 'corruptions', ...corruptions });
  }

  async report(report: AttackReport): Promise<void> {
    await writeReport(this.folder, report);
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
    this.progressFile?.tell(progress);
    this.onEvent({ type: 'progress', progress });
  }

  private change(changes: { [Key in keyof RunRecord]?: RunRecord[Key] | undefined }): void {
    const entries = Object.entries({ ...this.current, ...changes, ...this.countedRows(changes) });
    this.current = this.schema.parse(Object.fromEntries(entries.filter(([, value]) => value !== undefined)));
  }

  /** A run that is over has no more rows. */
  private countedRows({ status }: { status?: RunStatus | undefined }): Pick<RunRecord, 'checksums'> {
    if (status === undefined || !isOver({ status }) || this.rows === undefined) return {};
    return { checksums: { ...this.current.checksums, rows: this.rows } };
  }
}

function pretty(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
