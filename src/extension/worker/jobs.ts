import os from 'node:os';
import * as vscode from 'vscode';
import type * as z from 'zod';
import type { DeviceState } from '../../core/engine/devices/device';
import { M2atError, messageOf } from '../../core/errors';
import type { RunProgress } from '../../core/progress';
import type { RunEvent } from '../../core/records/run-event';
import type { TransferTable } from '../../core/records/transfer-files';
import {
  workerRequests,
  type AttackRequest,
  type EvaluateRequest,
  type InspectRequest,
  type jobResult,
  type JobResult,
  type ModelInspection,
  type RunEventNotice,
  type ResumeRequest,
  type ShowDatasetRequest,
  type ShownDataset,
  type TrainRequest,
  type WorkerRequest,
} from '../../protocol/worker-protocol';
import type { Runs } from '../runs/runs';
import type { Log } from '../show/log';
import { showWarning } from '../show/notifications';
import type { WorkerJob } from './run-worker';

/** How long a worker may take for the batch at hand and its checkpoint before the user is asked. */
const GRACE_MS = 30_000;
/** How long a worker that has answered may take to end by itself. */
const EXIT_MS = 10_000;
/** How long a worker may take for its checkpoint once this window is done with it. */
const RELEASE_MS = 60_000;

/** A worker at work on a training or an attack. */
export interface Job {
  readonly id: number;
  readonly title: string;
  /** Ids of its runs so far, in order. */
  readonly runs: readonly string[];
  readonly stopping: boolean;
  /** Settles when the job is over and its runs' directories have been read. */
  readonly result: Promise<JobResult>;
  /** The first run's id, as soon as there is one; undefined when the job ended without any. */
  readonly firstRun: Promise<string | undefined>;
}

interface ActiveJob extends Job {
  readonly runs: string[];
  stopping: boolean;
  readonly worker: WorkerJob<JobResult>;
}

/**
 * Starts, stops and supervises workers. What runs them is loaded with the first job, because activation has to
 * be short.
 */
export class Jobs implements vscode.Disposable {
  private readonly active = new Map<number, ActiveJob>();
  /** Workers that have nothing to save. */
  private readonly passing = new Set<WorkerJob<unknown>>();
  private lastId = 0;
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly runStarted = new vscode.EventEmitter<string>();
  private readonly allStopped = new vscode.EventEmitter<void>();

  /** A job started, ended, or is being stopped. */
  readonly onDidChange = this.changed.event;
  /** A worker of this window began a run. */
  readonly onDidStartRun = this.runStarted.event;
  /** Everything is being stopped: what waits for its turn must not begin. */
  readonly onDidStopAll = this.allStopped.event;

  constructor(
    private readonly script: string,
    private readonly runs: Runs,
    private readonly log: Log,
  ) {}

  async train(title: string, request: TrainRequest): Promise<Job> {
    return this.start(title, workerRequests.train, request.root, request);
  }

  async attack(title: string, request: AttackRequest): Promise<Job> {
    return this.start(title, workerRequests.attack, request.root, request);
  }

  async resume(title: string, request: ResumeRequest): Promise<Job> {
    return this.start(title, workerRequests.resume, request.root, request);
  }

  devices(): Promise<readonly DeviceState[]> {
    return this.ask(workerRequests.devices, {}, { title: 'devices' });
  }

  /**
   * Finds out what a model is and wants as input, in a worker.
   * @throws M2atError `cancelled` when the token says so, which ends the worker; otherwise what is wrong with the model
   */
  inspect(request: InspectRequest, token: vscode.CancellationToken): Promise<ModelInspection> {
    return this.ask(workerRequests.inspectModel, request, { title: request.checkpoint, token });
  }

  /**
   * Shows the examples of a run to other networks, in a worker.
   * @throws M2atError `cancelled` when the token says so, which ends the worker; otherwise what went wrong
   */
  evaluate(
    request: EvaluateRequest,
    token: vscode.CancellationToken,
    onProgress: (progress: RunProgress) => void,
  ): Promise<TransferTable> {
    const title = `examples of ${request.run}`;
    return this.ask(workerRequests.evaluate, request, {
      title,
      token,
      cwd: request.root,
      // They are about this work, and not about the run.
      onEvent: (notice) => {
        this.write(title, notice);
        if (notice.event.type === 'progress') onProgress(notice.event.progress);
      },
    });
  }

  /**
   * Draws images of a data set, in a worker.
   * @throws M2atError `cancelled` when the token says so, which ends the worker; otherwise what went wrong
   */
  showDataset(
    request: ShowDatasetRequest,
    token: vscode.CancellationToken,
    onProgress: (progress: RunProgress) => void,
  ): Promise<ShownDataset> {
    return this.ask(workerRequests.showDataset, request, {
      title: request.dataset,
      token,
      onEvent: ({ event }) => {
        if (event.type === 'progress') onProgress(event.progress);
      },
    });
  }

  /** What the jobs at work are called. */
  titles(): readonly string[] {
    return [...this.active.values()].map(({ title }) => title);
  }

  jobOf(run: string): Job | undefined {
    return this.find(run);
  }

  /** Asks a worker to stop at the next batch. One that does not react is ended only if the user says so. */
  stop({ id }: Job): void {
    const job = this.active.get(id);
    if (!job || job.stopping) return;
    job.stopping = true;
    this.log.info(`${job.title}: stopping`);
    job.worker.cancel();
    this.changed.fire();
    this.watchStop(job);
  }

  /** Stops every job of this window, and keeps what waits for its turn from beginning. */
  stopAll(): void {
    this.allStopped.fire();
    for (const job of this.active.values()) this.stop(job);
  }

  dispose(): void {
    for (const worker of this.passing) worker.kill();
    for (const { worker } of this.active.values()) {
      worker.release();
      // Where the host lives on; a worker whose host is gone sees to that by itself.
      void import('./run-worker').then(({ endWithin }) => endWithin(worker, RELEASE_MS, () => undefined));
    }
    this.changed.dispose();
    this.allStopped.dispose();
    this.runStarted.dispose();
  }

  private async start<Params extends z.ZodType>(
    title: string,
    request: WorkerRequest<Params, typeof jobResult>,
    root: string,
    params: z.input<Params>,
  ): Promise<Job> {
    const { endWithin, runWorker } = await import('./run-worker');
    const runs: string[] = [];
    let announce: (run: string | undefined) => void = () => undefined;
    const firstRun = new Promise<string | undefined>((resolve) => {
      announce = resolve;
    });
    const worker = runWorker({
      script: this.script,
      cwd: root,
      request,
      params,
      onEvent: (notice) => {
        if (!runs.includes(notice.run)) {
          runs.push(notice.run);
          this.runs.accept(root, notice);
          announce(notice.run);
          this.runStarted.fire(notice.run);
          this.changed.fire();
        } else {
          this.runs.accept(root, notice);
        }
        this.write(title, notice);
      },
      onOutput: this.output(title),
    });
    const id = ++this.lastId;
    const job: ActiveJob = {
      id,
      title,
      runs,
      stopping: false,
      worker,
      firstRun,
      result: this.finish(worker, runs, () =>
        endWithin(worker, EXIT_MS, () => {
          this.log.warn(`${title}: the worker has answered, but does not end; it is ended now`);
        }),
      ).finally(() => {
        this.active.delete(id);
        announce(undefined);
        this.changed.fire();
      }),
    };
    this.active.set(id, job);
    this.log.info(`${title}: worker ${worker.pid ?? 'not'} started`);
    this.changed.fire();
    return job;
  }

  private async finish(
    worker: WorkerJob<JobResult>,
    runs: readonly string[],
    end: () => Promise<void>,
  ): Promise<JobResult> {
    let reason: string | undefined;
    try {
      return await worker.result;
    } catch (error) {
      reason = messageOf(error);
      throw error;
    } finally {
      await end();
      const released = await Promise.allSettled(runs.map((id) => this.runs.release(id, reason)));
      for (const outcome of released) {
        if (outcome.status === 'rejected')
          this.log.error(`Reading a run that ended: ${messageOf(outcome.reason)}`);
      }
    }
  }

  /** For work that writes nothing before it is done, so that nothing is lost when its worker is killed. */
  private async ask<Params extends z.ZodType, Answer extends z.ZodType>(
    request: WorkerRequest<Params, Answer>,
    params: z.input<Params>,
    {
      title,
      token,
      cwd = os.homedir(),
      onEvent = () => undefined,
    }: {
      readonly title: string;
      readonly token?: vscode.CancellationToken;
      readonly cwd?: string;
      readonly onEvent?: (notice: RunEventNotice) => void;
    },
  ): Promise<z.output<Answer>> {
    const { runWorker } = await import('./run-worker');
    const onOutput = this.output(title);
    const worker = runWorker({ script: this.script, cwd, request, params, onEvent, onOutput });
    this.passing.add(worker);
    const cancellation = token?.onCancellationRequested(() => {
      worker.kill();
    });
    try {
      return await worker.result;
    } catch (error) {
      throw token?.isCancellationRequested ? new M2atError('cancelled', 'Cancelled.') : error;
    } finally {
      this.passing.delete(worker);
      cancellation?.dispose();
    }
  }

  private find(run: string): ActiveJob | undefined {
    return [...this.active.values()].find((job) => job.runs.includes(run));
  }

  private watchStop(job: ActiveJob): void {
    const timer = setTimeout(() => void this.offerKill(job), GRACE_MS);
    void job.worker.ended.then(() => {
      clearTimeout(timer);
    });
  }

  private async offerKill(job: ActiveJob): Promise<void> {
    const end = 'End Now';
    const answer = await showWarning(
      `${job.title} has not stopped yet: a batch may take long. Ending its process now loses what came after the last checkpoint.`,
      end,
      'Keep Waiting',
    );
    if (!this.active.has(job.id)) return;
    if (answer === end) job.worker.kill();
    else this.watchStop(job);
  }

  private write(title: string, { event }: RunEventNotice): void {
    const text = describe(event);
    if (text === undefined) return;
    const level = event.type === 'log' ? event.level : 'info';
    this.log[level](`${title}: ${text}`);
  }

  private output(title: string): (line: string, stream: 'stdout' | 'stderr') => void {
    return (line, stream) => {
      if (stream === 'stderr') this.log.warn(`${title}: ${line}`);
      else this.log.info(`${title}: ${line}`);
    };
  }
}

function describe(event: RunEvent): string | undefined {
  switch (event.type) {
    case 'log':
      return event.text;
    case 'record':
      return `${event.record.id} is ${event.record.status}${event.record.message ? `: ${event.record.message}` : ''}`;
    case 'metric':
      return event.row.kind === 'evaluation'
        ? `epoch ${event.row.epoch}${event.row.split ? `, ${event.row.split}` : ''}: clean ${event.row.cleanAccuracy}, robust ${event.row.robustAccuracy}`
        : undefined;
    default:
      return undefined;
  }
}
