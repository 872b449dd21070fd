import { utimes } from 'node:fs/promises';
import path from 'node:path';
import { removeFile } from '../files/own-file';
import { givenGpu } from '../engine/devices/device-choice';
import { readJson } from '../files/json';
import { thisProcess } from '../processes/process-identity';
import type { RunProgress } from '../progress';
import type { RunEvent } from '../records/run-event';
import type { RunRecord } from '../records/run-files';
import { runDirectory, runFile } from '../records/run-paths';
import { isOver } from '../records/run-state';
import { RunControl } from '../runs/run-control';
import { lockRun } from '../runs/run-lock';
import { tokenOfThisProcess } from '../runs/run-owner';
import { withoutKeys } from '../without-keys';
import { controlFile, type CommandName } from './control-messages';
import { controlPath } from './control-path';
import { ControlServer } from './control-server';
import { dataOf } from './error-data';
import { jobFile, type JobRecord, type JobState } from './job-files';
import { readJobState, writeJobState } from './job-folder';

const HEARTBEAT_MS = 1000;
/** How long a job may be without a viewer where it is to stop then. */
const ALONE_MS = 60_000;
const MAX_CONTROL_BYTES = 1000;
/** Runs that never had a directory: what is told of them is bounded. */
const MOST_REFUSED = 100;

/**
 * The process of a job, as others see it: its state in the job's folder, once a second at most, and a socket on which it is
 * told what to do. What it can't write or listen on is left out: the work goes on all the same.
 */
export class JobPresence {
  readonly control = new RunControl();
  private readonly stopping = new AbortController();
  private state: JobState;
  private server: ControlServer | undefined;
  private readonly heartbeat: NodeJS.Timeout;
  private aloneSince = performance.now();
  private current: string | undefined;
  private dirty = false;
  private writing: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  private lastWrite = -Infinity;

  private constructor(
    private readonly folder: string,
    private readonly job: Pick<JobRecord, 'root' | 'alone'>,
    private readonly unlock: () => Promise<void>,
  ) {
    const gpu = givenGpu();
    this.state = {
      ...{ version: 1, process: thisProcess(), token: tokenOfThisProcess, runs: [] },
      ...(gpu !== undefined && { gpu }),
    };
    this.control.onIdle((paused) => {
      this.state = { ...this.state, paused };
      this.changed();
    });
    this.heartbeat = setInterval(() => void this.beat(), HEARTBEAT_MS);
    this.heartbeat.unref();
  }

  /**
   * Takes a job, which nobody else does then.
   * @throws M2atError `bad-input` when another process has it, or had it
   */
  static async take(
    folder: string,
    job: Pick<JobRecord, 'root' | 'alone'>,
  ): Promise<JobPresence | undefined> {
    const unlock = await lockRun(path.join(folder, jobFile.lock));
    if (await readJobState(folder)) {
      await unlock();
      return undefined;
    }
    const presence = new JobPresence(folder, job, unlock);
    await presence.listen();
    await presence.write();
    return presence;
  }

  /** Aborts when somebody asked for the end. */
  get signal(): AbortSignal {
    return this.stopping.signal;
  }

  /** Stops the job at the next batch, with a checkpoint. */
  stop(): void {
    if (this.stopping.signal.aborted) return;
    this.stopping.abort();
    this.state = { ...this.state, stopping: true };
    this.changed();
  }

  /** Resolves when others can see what has changed so far. */
  written(): Promise<void> {
    return this.writing;
  }

  /** Takes what the job's runs tell. */
  readonly onEvent = (run: string, event: RunEvent, isWritten: boolean): void => {
    if (event.type === 'record') this.computesOn(event.record);
    if (isWritten) this.isWritten(run);
    else if (event.type === 'record') this.isPending(event.record);
    else if (event.type === 'progress') this.isDoing(event.progress);
  };

  /** The job is over: says so, and listens no more. @param error what ended it */
  async end(error?: unknown): Promise<void> {
    clearInterval(this.heartbeat);
    clearTimeout(this.timer);
    const ended = { at: new Date().toISOString(), ...(error !== undefined && { error: dataOf(error) }) };
    this.state = { ...this.state, ended };
    await this.writing;
    await this.write();
    await this.server?.close();
    await this.unlock();
  }

  private isWritten(run: string): void {
    this.current = run;
    const { runs, pending } = this.state;
    if (runs.includes(run) && !pending) return;
    const rest = withoutKeys(this.state, ['pending']);
    this.state = { ...rest, runs: runs.includes(run) ? runs : [...runs, run] };
    this.changed();
  }

  private computesOn({ device, deviceDetails }: RunRecord): void {
    if (device === undefined) return;
    const { index } = deviceDetails ?? {};
    const name = index === undefined ? device : `${device}:${index}`;
    if (name === this.state.device) return;
    this.state = { ...this.state, device: name };
    this.changed();
  }

  private isPending(record: RunRecord): void {
    if (isOver(record) && !this.state.runs.includes(record.id)) {
      const rest = withoutKeys(this.state, ['pending']);
      const refused = [...(rest.refused ?? []), record].slice(0, MOST_REFUSED);
      this.state = { ...rest, refused };
    } else {
      const { pending } = this.state;
      const progress = pending?.record.id === record.id ? pending.progress : undefined;
      this.state = { ...this.state, pending: { record, ...(progress && { progress }) } };
    }
    this.changed();
  }

  private isDoing(progress: RunProgress): void {
    const { pending } = this.state;
    if (!pending) return;
    this.state = { ...this.state, pending: { ...pending, progress } };
    this.changedSoon();
  }

  private async listen(): Promise<void> {
    try {
      const server = new ControlServer(
        await controlPath(this.folder),
        tokenOfThisProcess,
        (command) => {
          this.obey(command);
        },
        () => {
          this.aloneSince = performance.now();
        },
      );
      await server.listen();
      this.server = server;
      this.state = { ...this.state, socket: server.path };
    } catch {
      // Without it, viewers stop the process by a signal.
    }
  }

  private obey(command: CommandName): void {
    switch (command) {
      case 'stop':
        this.stop();
        break;
      case 'pause':
        this.control.pause();
        break;
      case 'resume':
        this.control.resume();
        break;
      case 'evaluate':
        this.control.evaluate();
        break;
    }
  }

  private async beat(): Promise<void> {
    const now = new Date();
    await utimes(path.join(this.folder, jobFile.state), now, now).catch(() => undefined);
    await this.server?.listenAgain().catch(() => undefined);
    await this.readControlFile();
    const isAlone = this.server?.viewerCount === 0 && performance.now() - this.aloneSince > ALONE_MS;
    if (this.job.alone === 'stop' && isAlone) this.stop();
  }

  /** From a viewer on another machine, which can't connect. */
  private async readControlFile(): Promise<void> {
    if (this.current === undefined) return;
    const file = path.join(runDirectory(this.job.root, this.current), runFile.control);
    const value = await readJson(file, MAX_CONTROL_BYTES).catch(() => undefined);
    if (value === undefined) return;
    await removeFile(file).catch(() => undefined);
    const said = controlFile.safeParse(value).data;
    if (said?.token === tokenOfThisProcess) this.obey(said.command);
  }

  private changed(): void {
    this.dirty = true;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.flush();
  }

  private changedSoon(): void {
    this.dirty = true;
    const wait = Math.max(0, this.lastWrite + HEARTBEAT_MS - performance.now());
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.flush();
    }, wait).unref();
  }

  private flush(): void {
    this.writing = this.writing.then(async () => {
      if (!this.dirty) return;
      await this.write();
    });
  }

  private async write(): Promise<void> {
    this.dirty = false;
    this.lastWrite = performance.now();
    // A full disk, say: the job goes on, and viewers see its last word.
    await writeJobState(this.folder, this.state).catch(() => undefined);
  }
}
