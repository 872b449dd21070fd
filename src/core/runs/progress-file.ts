import * as z from 'zod';
import { writeFileAtomic } from '../files/atomic-file';
import { readJson } from '../files/json';
import { removeFile } from '../files/own-file';
import { runProgress, type RunProgress } from '../progress';
import { recordForm } from '../records/record-form';
import { tolerant } from '../tolerant';

const EVERY_MS = 1000;
const MAX_BYTES = 10_000;
const stored = z.strictObject({ ...recordForm, progress: runProgress });

/**
 * What a run is doing right now, in a file for whoever looks at its directory: the latest word, once a second. It is worth
 * nothing a moment later, so it is not flushed to the disk, and a disk that refuses it keeps the run from nothing.
 */
export class ProgressFile {
  private latest: RunProgress | undefined;
  private timer: NodeJS.Timeout | undefined;
  private lastAt = -Infinity;
  private writing: Promise<void> = Promise.resolve();
  private removed = false;

  constructor(private readonly file: string) {}

  tell(progress: RunProgress): void {
    if (this.removed) return;
    this.latest = progress;
    this.timer ??= setTimeout(
      () => {
        this.writing = this.write().finally(() => {
          this.timer = undefined;
        });
      },
      Math.max(0, this.lastAt + EVERY_MS - performance.now()),
    ).unref();
  }

  /** The run is over, or leaves the file to the next process. */
  async remove(): Promise<void> {
    this.removed = true;
    clearTimeout(this.timer);
    await this.writing;
    await removeFile(this.file).catch(() => undefined);
  }

  private async write(): Promise<void> {
    this.lastAt = performance.now();
    const text = `${JSON.stringify({ version: 1, progress: this.latest })}\n`;
    await writeFileAtomic(this.file, text, { flush: false }).catch(() => undefined);
  }
}

/** What a run is doing; undefined where nothing says so. */
export async function readProgress(file: string): Promise<RunProgress | undefined> {
  const value = await readJson(file, MAX_BYTES).catch(() => undefined);
  return tolerant(stored).safeParse(value).data?.progress;
}
