import path from 'node:path';
import * as vscode from 'vscode';
import { messageOf } from '../../core/errors';
import type { Move } from '../../core/scheduler/queue';
import type { Log } from '../show/log';

/** So often a window looks whether something is due that nobody else has started, ms. */
const LOOK_MS = 20_000;

/** A job that waits for its turn. */
export interface WaitingJob {
  /** Name of its folder. */
  readonly id: string;
  readonly title: string;
  /** Where its runs are to be written. */
  readonly root: string;
  /** The run that it goes on with. */
  readonly resumes: string | undefined;
}

/** What waits on this machine, in its order, of all folders. A job is started by whoever ends, starts or is opened next. */
export class WaitingJobs implements vscode.Disposable {
  private jobs: readonly WaitingJob[] = [];
  private readonly changed = new vscode.EventEmitter<void>();
  private timer: NodeJS.Timeout | undefined;
  private starting: Promise<void> = Promise.resolve();

  readonly onDidChange = this.changed.event;

  constructor(
    /** The worker's bundle. */
    private readonly script: string,
    private readonly log: Log,
  ) {}

  /** As of the last look. */
  get list(): readonly WaitingJob[] {
    return this.jobs;
  }

  has(id: string): boolean {
    return this.jobs.some((job) => job.id === id);
  }

  /** Looks at what waits. */
  async refresh(): Promise<void> {
    const { showQueue } = await import('../../core/scheduler/queue');
    const { waiting } = await showQueue();
    const jobs = waiting.map(({ folder, record: { title, root, task } }) => ({
      ...{ id: path.basename(folder), title, root },
      resumes: task?.kind === 'resume' ? task.request.run : undefined,
    }));
    this.lookAgain(jobs.length > 0);
    if (JSON.stringify(jobs) === JSON.stringify(this.jobs)) return;
    this.jobs = jobs;
    this.changed.fire();
  }

  /** Starts what is due. */
  startDue(now?: string): Promise<void> {
    const turn = this.starting.then(async () => {
      try {
        const { startDue } = await import('../../core/scheduler/start-due');
        await startDue(this.script, now === undefined ? {} : { now });
      } catch (error) {
        if (now !== undefined) throw error;
        this.log.error(`What waits for its turn could not be started: ${messageOf(error)}`);
      } finally {
        await this.refresh();
      }
    });
    this.starting = turn.catch(() => undefined);
    return turn;
  }

  /** @throws M2atError `bad-input` when it does not wait any more; `io` */
  startNow(id: string): Promise<void> {
    return this.startDue(id);
  }

  /** @throws as {@link startNow} */
  async move(id: string, move: Move): Promise<void> {
    const { moveInQueue } = await import('../../core/scheduler/queue');
    await moveInQueue(id, move).finally(() => this.refresh());
  }

  /** It is never done. @throws as {@link startNow} */
  async remove(id: string): Promise<void> {
    const { removeFromQueue } = await import('../../core/scheduler/queue');
    await removeFromQueue(id).finally(() => this.refresh());
  }

  /** Removes those of some jobs that wait still. @returns the ids of those that it removed @throws M2atError `io` */
  async removeAll(ids: readonly string[]): Promise<readonly string[]> {
    if (ids.length === 0) return [];
    const { removeAllFromQueue } = await import('../../core/scheduler/queue');
    return removeAllFromQueue(ids).finally(() => this.refresh());
  }

  /** From now on so many jobs compute on one device, whoever starts them. */
  async limit(runsPerDevice: number): Promise<void> {
    const { setRunsPerDevice } = await import('../../core/scheduler/queue');
    await setRunsPerDevice(runsPerDevice);
    await this.startDue();
  }

  /** What a job waits for may have been killed, with nobody left to start it. */
  private lookAgain(anything: boolean): void {
    if (!anything) {
      clearInterval(this.timer);
      this.timer = undefined;
    } else this.timer ??= setInterval(() => void this.startDue(), LOOK_MS).unref();
  }

  dispose(): void {
    clearInterval(this.timer);
    this.changed.dispose();
  }
}
