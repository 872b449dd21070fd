import { watch, type FSWatcher } from 'node:fs';
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import * as vscode from 'vscode';
import { messageOf } from '../../core/errors';
import type { RunRecord } from '../../core/records/run-files';
import { isOver } from '../../core/records/run-state';
import type { CommandName } from '../../core/scheduler/control-messages';
import type { FollowedJob } from '../../core/scheduler/follow-job';
import type { JobRecord, JobState } from '../../core/scheduler/job-files';
import type {
  AttackLikeRequest,
  AttackRequest,
  JobTask,
  ResumeRequest,
  TrainRequest,
} from '../../core/scheduler/job-requests';
import type { Runs } from '../runs/runs';
import { aloneSetting } from '../settings';
import type { Log } from '../show/log';
import { showWarning } from '../show/notifications';
import { WaitingJobs } from './waiting-jobs';

/** How long a job may take for the batch at hand and its checkpoint before the user is asked. */
const GRACE_MS = 30_000;
/** How long a job may wait until that is told. */
const MOMENT_MS = 3000;
/** Changes among the jobs come in bursts. */
const LOOK_AFTER_MS = 200;
/** What is inside of a job's folder is not watched from here. */
const LOOK_AGAIN_MS = 1000;

export interface JobResult {
  /** Its runs that got a directory, in order, as they ended. */
  readonly runs: readonly RunRecord[];
}

/** A training or an attack, in a process of its own. */
export interface Job {
  /** Name of its folder. */
  readonly id: string;
  readonly title: string;
  /** Ids of its runs so far, in order. */
  readonly runs: readonly string[];
  readonly stopping: boolean;
  readonly paused: boolean;
  /** Settles when it is known whether it begins at once: false where it waits for its turn. */
  readonly begins: Promise<boolean>;
  /** Settles when the job is over and its runs' directories have been read. */
  readonly result: Promise<JobResult>;
  /** The first run's id, as soon as there is one; undefined when the job ended without any. */
  readonly firstRun: Promise<string | undefined>;
  /** Where it is written down: whoever removes that tells how it ended. */
  readonly folder: string;
}

interface ActiveJob extends Job {
  readonly root: string;
  readonly runs: string[];
  stopping: boolean;
  paused: boolean;
  begins: Promise<boolean>;
  /** The run that it goes on with, which it may not have begun to. */
  resumes?: string;
  /** Settles when its process has said that it is there. */
  readonly begun: Promise<void>;
  readonly followed: FollowedJob;
  /** What is known of its runs is taken in one after the other. */
  turn: Promise<void>;
}

/** A job that this window did not start, or had started before it was loaded anew. */
export interface FoundJob {
  readonly job: Job;
  readonly record: JobRecord;
  /** It was there when this window began to look. */
  readonly atStart: boolean;
}

/**
 * The jobs that this window sees: those that it starts, and all others whose runs are in its folders, whoever started them.
 * Their processes are on their own: a window only looks, and says what they should do. What does so is loaded with the first
 * job, because activation has to be short.
 */
export class Jobs implements vscode.Disposable {
  private readonly active = new Map<string, ActiveJob>();
  /** Folders of jobs that were looked at, and are no business of this window's any more. */
  private readonly seen = new Set<string>();
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly runStarted = new vscode.EventEmitter<string>();
  private readonly found = new vscode.EventEmitter<FoundJob>();
  private hasLooked = false;
  private watcher: FSWatcher | undefined;
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> = Promise.resolve();

  /** Jobs of this machine that wait for their turn. */
  readonly waiting: WaitingJobs;

  /** A job started, ended, was found, or is being stopped. */
  readonly onDidChange = this.changed.event;
  /** A job that this window started began a run. */
  readonly onDidStartRun = this.runStarted.event;
  /** A job goes on, or has ended, that this window did not start. */
  readonly onDidFind = this.found.event;

  constructor(
    script: string,
    private readonly runs: Runs,
    private readonly log: Log,
  ) {
    this.waiting = new WaitingJobs(script, log);
  }

  /** @param device what the runs ask for, where the request leaves it to them */
  train(title: string, request: TrainRequest, device?: string): Promise<Job> {
    return this.start(title, { kind: 'train', request }, request.device ?? device);
  }

  attack(title: string, request: AttackRequest): Promise<Job> {
    return this.start(title, { kind: 'attack', request }, request.device);
  }

  /** @param device what the run had */
  attackLike(title: string, request: AttackLikeRequest, device?: string): Promise<Job> {
    return this.start(title, { kind: 'attack-like', request }, device);
  }

  /** @param device what the run had, where the request leaves it to that */
  resume(title: string, request: ResumeRequest, device?: string): Promise<Job> {
    return this.start(title, { kind: 'resume', request }, request.device ?? device);
  }

  /** What the jobs at work are called. */
  titles(): readonly string[] {
    return [...this.active.values()].filter(({ id }) => !this.waiting.has(id)).map(({ title }) => title);
  }

  jobOf(run: string): Job | undefined {
    return [...this.active.values()].find((job) => job.runs.includes(run) || job.resumes === run);
  }

  /** Asks a job to stop at the next batch. One that does not react is ended only if the user says so. */
  stop({ id }: Job): void {
    const job = this.active.get(id);
    if (!job || job.stopping) return;
    job.stopping = true;
    this.log.info(`${job.title}: stopping`);
    this.changed.fire();
    void this.endOf(job);
  }

  private async endOf(job: ActiveJob): Promise<void> {
    await job.begins;
    if (this.waiting.has(job.id)) {
      const problem = await this.waiting.remove(job.id).catch((error: unknown) => messageOf(error));
      if (problem === undefined) return;
      const { readJobState } = await import('../../core/scheduler/job-folder');
      if (!(await readJobState(job.folder))) {
        job.stopping = false;
        void showWarning(`${job.title}: ${problem}`);
        return;
      }
    }
    await this.send(job, 'stop');
    this.watchStop(job);
  }

  /** Saves the run at work and frees its device, until it is told to go on. */
  async pause({ id }: Job): Promise<void> {
    const job = this.active.get(id);
    if (job) await this.send(job, 'pause');
  }

  /** Has a paused job go on. */
  async goOn({ id }: Job): Promise<void> {
    const job = this.active.get(id);
    if (job) await this.send(job, 'resume');
  }

  /** Has a training run evaluated after the step at hand. */
  async evaluateNow({ id }: Job): Promise<void> {
    const job = this.active.get(id);
    if (job) await this.send(job, 'evaluate');
  }

  /** Stops every job that this window sees; what waits in its folders does not begin. */
  async stopAll(): Promise<void> {
    const here: string[] = [];
    for (const { id, root } of this.waiting.list) if (await this.knownRoot(root)) here.push(id);
    const removed = await this.waiting.removeAll(here).catch((error: unknown): readonly string[] => {
      this.log.error(`What waits could not be removed: ${messageOf(error)}`);
      return [];
    });
    for (const job of this.active.values()) if (!removed.includes(job.id)) this.stop(job);
  }

  /** Looks for jobs that others have started, now and whenever there are new ones. */
  async watchOthers(): Promise<void> {
    const { jobsFolder, makePrivateFolder } = await import('../../core/scheduler/state-folder');
    const folder = jobsFolder();
    try {
      await makePrivateFolder(folder);
      this.watcher = watch(folder, { persistent: false }, () => {
        this.lookSoon();
      });
      this.watcher.on('error', () => undefined);
    } catch (error) {
      this.log.warn(`Runs that go on outside of this window can't be seen: ${messageOf(error)}`);
    }
    await this.look();
    this.hasLooked = true;
    await this.waiting.startDue();
    const { tidyJobs } = await import('../../core/scheduler/tidy-jobs');
    await tidyJobs();
  }

  /** Looks for jobs of others. */
  look(): Promise<void> {
    this.looking = this.looking
      .then(() => this.lookNow())
      .catch((error: unknown) => {
        this.log.error(`Looking for runs that go on: ${messageOf(error)}`);
      });
    return this.looking;
  }

  /** The jobs go on. */
  dispose(): void {
    clearTimeout(this.timer);
    this.watcher?.close();
    for (const { followed } of this.active.values()) followed.dispose();
    for (const emitter of [this.changed, this.runStarted, this.found]) emitter.dispose();
    this.waiting.dispose();
  }

  private lookSoon(wait = LOOK_AFTER_MS): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.look();
    }, wait);
  }

  private async lookNow(): Promise<void> {
    const { listJobFolders, readJob, readJobState } = await import('../../core/scheduler/job-folder');
    await this.waiting.refresh();
    for (const folder of await listJobFolders()) {
      const id = path.basename(folder);
      if (this.seen.has(id) || this.active.has(id)) continue;
      const record = await readJob(folder).catch(() => undefined);
      const root = record && (await this.knownRoot(record.root));
      if (!record || root === undefined) continue;
      if (!(await readJobState(folder))) {
        // One that waits changes the queue when it begins; of others, the process has not said yet that it is there.
        if (!record.queued) this.lookSoon(LOOK_AGAIN_MS);
        continue;
      }
      if (this.active.has(id)) continue;
      this.found.fire({
        job: await this.follow(folder, record.title, root),
        record,
        atStart: !this.hasLooked,
      });
    }
  }

  /** The folder of this window that a real path is of. */
  private async knownRoot(real: string): Promise<string | undefined> {
    for (const root of await this.runs.roots()) {
      if ((await realpath(root).catch(() => root)) === real) return root;
    }
    return undefined;
  }

  private async start(title: string, task: JobTask, device: string | undefined): Promise<Job> {
    const { createJob } = await import('../../core/scheduler/job-folder');
    const { root } = task.request;
    const folder = await createJob({
      title,
      root,
      task,
      alone: aloneSetting() === 'stop' ? 'stop' : 'continue',
      queued: true,
      device,
    });
    this.seen.add(path.basename(folder));
    const job = await this.follow(folder, title, root, true);
    if (task.kind === 'resume') job.resumes = task.request.run;
    job.begins = this.beginning(job);
    return job;
  }

  /** Starts what is due. @returns whether the job begins: false where it waits for longer than a moment */
  private async beginning({ title, folder, begun }: ActiveJob): Promise<boolean> {
    await this.waiting.startDue();
    // A process whose run is over takes a moment to end.
    const { readJobState } = await import('../../core/scheduler/job-folder');
    if (!(await readJobState(folder))) await Promise.race([begun, after(MOMENT_MS)]);
    const { process } = (await readJobState(folder)) ?? {};
    this.log.info(process ? `${title}: process ${process.pid} started` : `${title}: waits for its turn`);
    return process !== undefined;
  }

  /** @param isOwn whether this window has made it just now */
  private async follow(folder: string, title: string, root: string, isOwn = false): Promise<ActiveJob> {
    const { FollowedJob } = await import('../../core/scheduler/follow-job');
    const id = path.basename(folder);
    let announce: (run: string | undefined) => void = () => undefined;
    const firstRun = new Promise<string | undefined>((resolve) => {
      announce = resolve;
    });
    let begin: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const followed = new FollowedJob(
      folder,
      {
        onState: (state) => {
          begin();
          job.turn = job.turn
            .then(() => this.take(job, state, isOwn, announce))
            .catch((error: unknown) => {
              this.log.error(`${title}: ${messageOf(error)}`);
            });
        },
        onLine: ({ level, text }) => {
          this.log[level](`${title}: ${text}`);
        },
      },
      isOwn,
    );
    const runs: string[] = [];
    const job: ActiveJob = {
      ...{ id, folder, title, root, runs, stopping: false, paused: false, followed, firstRun },
      begun,
      begins: Promise.resolve(true),
      turn: Promise.resolve(),
      result: followed.result
        .then(
          async () => ({ runs: await this.release(job) }),
          async (error: unknown) => {
            await this.release(job, messageOf(error));
            throw error;
          },
        )
        .finally(() => {
          this.active.delete(id);
          this.seen.add(id);
          announce(undefined);
          this.changed.fire();
          void this.waiting.startDue();
        }),
    };
    // Whoever asks for it hears of it; nobody may.
    job.result.catch(() => undefined);
    this.active.set(id, job);
    this.changed.fire();
    return job;
  }

  /** Takes in what a job says of itself. */
  private async take(
    job: ActiveJob,
    state: JobState,
    isOwn: boolean,
    announce: (run: string | undefined) => void,
  ): Promise<void> {
    const { pending, refused = [] } = state;
    const { runs, root } = job;
    const isNew = (run: string): boolean => {
      if (runs.includes(run)) return false;
      runs.push(run);
      return true;
    };
    const begin = (run: string): void => {
      announce(run);
      if (isOwn) this.runStarted.fire(run);
    };
    for (const record of [...refused, ...(pending ? [pending.record] : [])]) {
      const first = isNew(record.id);
      const known = this.runs.record(record.id);
      // Of those that were refused, how they ended is told once.
      if (!first && known && isOver(known) && record !== pending?.record) continue;
      this.runs.accept(root, { run: record.id, event: { type: 'record', record } });
      if (first) begin(record.id);
    }
    if (pending?.progress) {
      const event = { type: 'progress', progress: pending.progress } as const;
      this.runs.accept(root, { run: pending.record.id, event });
    }
    for (const run of state.runs) {
      const first = isNew(run);
      if (run !== pending?.record.id) await this.runs.attach(root, run, state.token);
      if (first) begin(run);
    }
    const stopping = job.stopping || state.stopping === true;
    const paused = state.paused === true;
    Object.assign(job, { stopping, paused });
    this.changed.fire();
    if (this.waiting.has(job.id)) this.lookSoon();
  }

  /** The job is over: what its runs came to. */
  private async release(job: ActiveJob, reason?: string): Promise<RunRecord[]> {
    await job.turn;
    const records: RunRecord[] = [];
    for (const id of job.runs) {
      try {
        await this.runs.release(id, reason);
      } catch (error) {
        this.log.error(`Reading a run that ended: ${messageOf(error)}`);
      }
      const record = this.runs.record(id);
      if (record) records.push(record);
    }
    return records;
  }

  private async send({ title, followed }: ActiveJob, command: CommandName): Promise<void> {
    try {
      await followed.send(command);
    } catch (error) {
      this.log.warn(`${title}: ${command}: ${messageOf(error)}`);
      void showWarning(`${title}: ${messageOf(error)}`);
    }
  }

  private watchStop(job: ActiveJob): void {
    const timer = setTimeout(() => void this.offerKill(job), GRACE_MS);
    const clear = (): void => {
      clearTimeout(timer);
    };
    job.followed.result.then(clear, clear);
  }

  private async offerKill(job: ActiveJob): Promise<void> {
    const end = 'End Now';
    const answer = await showWarning(
      `${job.title} has not stopped yet: a batch may take long. Ending its process now loses what came after the last checkpoint.`,
      end,
      'Keep Waiting',
    );
    if (!this.active.has(job.id)) return;
    if (answer !== end) this.watchStop(job);
    // That of a command line is not this window's to end.
    else if (!(await job.followed.kill())) {
      void showWarning(`${job.title} can't be ended from here: end its process where it was started.`);
    }
  }
}

/** Whether a run waits until it is told to go on. */
export function isPaused(jobs: Pick<Jobs, 'jobOf'>, run: string): boolean {
  const job = jobs.jobOf(run);
  return job?.paused === true && job.runs.at(-1) === run;
}
