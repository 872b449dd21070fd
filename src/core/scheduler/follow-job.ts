import { watch, type FSWatcher } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { M2atError } from '../errors';
import { isThere } from '../files/is-there';
import { readLines } from '../files/read-lines';
import { ControlClient } from './control-client';
import type { CommandName } from './control-messages';
import { errorOf } from './error-data';
import { parseOutputLine, type LineLevel } from './event-line';
import { jobFile, type JobState } from './job-files';
import { readJobState } from './job-folder';
import { LastLines } from './last-lines';
import { livenessOfJob } from './job-liveness';
import { signalJob } from './signal-job';

/** File systems that tell of no change are looked at so often, ms. */
const LOOK_MS = 1000;
/** Between two looks, ms. */
const PAUSE_MS = 200;
const outputLimits = { maxBytes: 2 ** 30, maxLineBytes: 2 ** 16 } as const;

export interface JobListener {
  /** The job's state is another one. */
  onState(state: JobState): void;
  /** A line that the job wrote. */
  onLine(line: { readonly level: LineLevel; readonly text: string }): void;
}

/** The process of a job is gone, and did not say how it ended. */
export class JobInterrupted extends M2atError {}

/**
 * Watches a job from outside, whoever started it and wherever its process is: what its folder says, and whether the process
 * is there. It keeps no process alive.
 */
export class FollowedJob {
  /**
   * Resolves with the last state when the job is over. One that waits for its turn is followed until that has come, and what
   * it came to.
   * @throws M2atError `cancelled` when it was removed before; the error that ended it, or {@link JobInterrupted} with its last lines
   */
  readonly result: Promise<JobState>;
  private state: JobState | undefined;
  private stateText = '';
  private outputRead = 0;
  private readonly lastLines = new LastLines();
  private client: ControlClient | undefined;
  private connecting = false;
  private watcher: FSWatcher | undefined;
  private readonly timer: NodeJS.Timeout;
  private turn: Promise<void> = Promise.resolve();
  private asked = false;
  private lookedAt = -Infinity;
  private over = false;
  private settle: { resolve(state: JobState): void; reject(error: unknown): void } | undefined;

  constructor(
    readonly folder: string,
    private readonly listener: JobListener,
    /** Whether this process has made it just now; the output of others so far was seen by somebody else. */
    private readonly isOwn = false,
  ) {
    this.result = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    this.result.catch(() => undefined);
    try {
      this.watcher = watch(folder, { persistent: false }, () => {
        this.look();
      });
      this.watcher.on('error', () => undefined);
    } catch {
      // No more watches: the timer looks.
    }
    this.timer = setInterval(() => {
      this.look();
    }, LOOK_MS);
    this.timer.unref();
    this.look();
  }

  /**
   * Asks the job for something.
   * @throws M2atError `io` when its process can't be reached
   */
  async send(command: CommandName): Promise<void> {
    // It may have begun since the last look.
    this.state ??= await readJobState(this.folder);
    try {
      if (!this.client && this.state) this.client = await ControlClient.connect(this.state);
      if (this.client) {
        await this.client.send(command);
        return;
      }
    } catch {
      this.client = undefined;
    }
    if (command === 'stop' && this.state && process.platform !== 'win32') {
      if (await signalJob(this.folder, this.state, 'SIGTERM')) return;
    }
    throw new M2atError('io', 'the process of this run does not answer', {
      hint: 'It may have ended just now, or be in the middle of a long step: try again.',
    });
  }

  /** Ends the job's process at once: what was not saved is lost. @returns whether there was one to end */
  async kill(): Promise<boolean> {
    this.state ??= await readJobState(this.folder);
    return this.state !== undefined && (await signalJob(this.folder, this.state, 'SIGKILL'));
  }

  /** Looks no more. The job goes on. */
  dispose(): void {
    this.over = true;
    clearInterval(this.timer);
    this.watcher?.close();
    this.client?.close();
  }

  /** Changes come in bursts: the first is seen at once, and others after a while. */
  private look(): void {
    if (this.asked || this.over) return;
    this.asked = true;
    const wait = this.lookedAt + PAUSE_MS - performance.now();
    const take = (): void => {
      this.turn = this.turn.then(async () => {
        this.asked = false;
        this.lookedAt = performance.now();
        if (!this.over) await this.lookNow();
      });
    };
    if (wait <= 0) take();
    else setTimeout(take, wait).unref();
  }

  private async lookNow(): Promise<void> {
    const state = await readJobState(this.folder);
    await this.readOutput();
    if (state) this.take(state);
    if (this.over) return;
    const isGone = this.state
      ? (await livenessOfJob(this.folder, this.state)) === 'gone'
      : !(await isThere(this.folder));
    if (!isGone) return;
    // It may have ended well between the two looks.
    const last = await readJobState(this.folder);
    if (last) this.take(last);
    await this.readOutput();
    if (this.isOver()) return;
    this.dispose();
    this.settle?.reject(this.crash());
  }

  private isOver(): boolean {
    return this.over;
  }

  private take(state: JobState): void {
    const text = JSON.stringify(state);
    if (text === this.stateText) return;
    this.stateText = text;
    this.state = state;
    this.listener.onState(state);
    if (!state.ended) {
      void this.connect(state);
      return;
    }
    this.dispose();
    const { error } = state.ended;
    if (error) this.settle?.reject(errorOf(error));
    else this.settle?.resolve(state);
  }

  private async connect(state: JobState): Promise<void> {
    if (this.client || this.connecting || state.socket === undefined) return;
    this.connecting = true;
    try {
      const client = await ControlClient.connect(state);
      if (this.over) {
        client.close();
        return;
      }
      this.client = client;
      void client.closed.then(() => {
        this.client = undefined;
        this.look();
      });
    } catch {
      // It is of another machine, or ends just now.
    } finally {
      this.connecting = false;
    }
  }

  private async readOutput(): Promise<void> {
    const file = path.join(this.folder, jobFile.output);
    const isFirst = this.outputRead === 0 && !this.isOwn;
    try {
      if ((await stat(file)).size === this.outputRead) return;
      this.outputRead = await readLines(
        file,
        { ...outputLimits, from: this.outputRead },
        ({ text, ended }): undefined => {
          if (!ended || text.trim() === '') return;
          const line = parseOutputLine(text);
          if (line.level !== 'info') this.lastLines.add(text);
          if (!isFirst) this.listener.onLine(line);
        },
      );
    } catch {
      // Not there yet, or longer than anybody reads.
    }
  }

  private crash(): M2atError {
    if (!this.state) return new M2atError('cancelled', 'It was removed from those that wait.');
    const details = { ...(this.lastLines.list.length > 0 && { lines: this.lastLines.list }) };
    return new JobInterrupted('internal', 'The worker ended before its work was done', {
      ...details,
      hint: 'If nobody ended it, the machine may have run out of memory, or was started anew.',
    });
  }
}
