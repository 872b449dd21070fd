import { constants } from 'node:os';
import path from 'node:path';
import { M2atError, messageOf } from '../core/errors';
import { attackJob, attackLikeJob, resumeAttackJob } from '../core/jobs/attack-job';
import { resumeJob } from '../core/jobs/resume-job';
import { trainJob } from '../core/jobs/train-job';
import { builtIn, type Registry } from '../core/registry/registry';
import { handleWhileOpen } from '../core/runs/open-runs';
import { eventLine, outputLine } from '../core/scheduler/event-line';
import { jobId, type JobRecord } from '../core/scheduler/job-files';
import { readJob } from '../core/scheduler/job-folder';
import { JobPresence } from '../core/scheduler/job-presence';
import { startDue } from '../core/scheduler/start-due';
import { jobsFolder } from '../core/scheduler/state-folder';

/**
 * Does the job of this name in the user's own folder, as the process that was started for it.
 * @throws M2atError `bad-input` for what is no job; what ends the job is in its state, and not thrown
 */
export async function doJob(id: string, registry: Registry = builtIn): Promise<void> {
  if (!jobId.safeParse(id).success)
    throw new M2atError('bad-input', `${JSON.stringify(id)} is no name of a job`);
  const folder = path.join(jobsFolder(), id);
  const { root, alone, task } = await readJob(folder);
  if (!task) throw new M2atError('bad-input', `the job ${id} does not say what to do`, { where: folder });
  const presence = await JobPresence.take(folder, { root, alone });
  // Somebody else does it, or did.
  if (!presence) return;
  const stop = (signal: NodeJS.Signals): void => {
    if (presence.signal.aborted) process.exit(128 + constants.signals[signal]);
    presence.stop();
  };
  presence.control.onIdle((isIdle) => {
    if (isIdle) void presence.written().then(startNext);
  });
  handleWhileOpen({ SIGTERM: stop, SIGHUP: stop, SIGINT: stop });
  try {
    await doTask(task, presence, registry);
    await presence.end();
  } catch (error) {
    const isKnown = error instanceof M2atError && error.code !== 'internal';
    if (!isKnown) process.stderr.write(`${error instanceof Error ? error.stack : messageOf(error)}\n`);
    await presence.end(error);
  }
  await startNext();
}

/** Whoever waits for this job's device begins. */
async function startNext(): Promise<void> {
  try {
    await startDue(process.argv[1] ?? '', { unseen: true });
  } catch (error) {
    process.stdout.write(outputLine('warn', `What waits could not be started: ${messageOf(error)}`));
  }
}

async function doTask(
  task: NonNullable<JobRecord['task']>,
  { signal, control, onEvent: tell }: JobPresence,
  registry: Registry,
): Promise<void> {
  const statuses = new Map<string, string>();
  const onEvent: JobPresence['onEvent'] = (run, event, isWritten) => {
    // A record says how far the run is, too: only what it has become is worth a line.
    const isNews = event.type !== 'record' || statuses.get(run) !== event.record.status;
    if (event.type === 'record') statuses.set(run, event.record.status);
    const line = isNews ? eventLine(event) : undefined;
    if (line) process.stdout.write(outputLine(line.level, line.text));
    tell(run, event, isWritten);
  };
  const shared = { registry, signal, control, onEvent };
  switch (task.kind) {
    case 'train': {
      const { device, threads, ...request } = task.request;
      const overrides = { ...(device && { device }), ...(threads !== undefined && { threads }) };
      await trainJob({ ...request, ...shared, overrides });
      break;
    }
    case 'attack': {
      await attackJob({ ...task.request, ...shared });
      break;
    }
    case 'attack-like': {
      const { run: like, ...request } = task.request;
      await attackLikeJob({ ...request, ...shared, like });
      break;
    }
    case 'resume': {
      const { run: id, kind, fromStart, device, threads, ...request } = task.request;
      const overrides = { ...(device && { device }), ...(threads !== undefined && { threads }) };
      if (kind === 'train') await resumeJob({ ...request, ...shared, id, overrides, fromStart });
      else await resumeAttackJob({ ...request, ...shared, id, ...overrides });
      break;
    }
  }
}
