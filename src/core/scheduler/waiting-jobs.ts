import path from 'node:path';
import { M2atError } from '../errors';
import { thisProcess } from '../processes/process-identity';
import type { ProcessIdentity } from '../processes/process-origin';
import type { JobRecord } from './job-files';
import { listJobFolders, readJob, readJobState } from './job-folder';
import { livenessOfJob } from './job-liveness';
import type { QueueFile } from './queue-file';
import { placeOf, type Place } from './queue-places';

/** A job that waits for its turn. */
export interface WaitingJob {
  readonly folder: string;
  readonly record: JobRecord;
}

/** A job at work. */
export interface ActiveJob {
  readonly folder: string;
  readonly record: JobRecord;
  /** Ids of its runs so far. */
  readonly runs: readonly string[];
  readonly paused: boolean;
  readonly place: (gpus: number) => Place;
}

export interface KnownJobs {
  /** In the order in which they begin. */
  readonly waiting: readonly WaitingJob[];
  /** The oldest first. */
  readonly active: readonly ActiveJob[];
}

/** Whether a process is, or was, on this machine, whatever it was called then. */
function isHere({ host, boot }: ProcessIdentity): boolean {
  const here = thisProcess();
  return host === here.host || (boot !== undefined && boot === here.boot);
}

/** The jobs of this user on this machine that wait, and those whose process is there. */
export async function knownJobs({ order }: Pick<QueueFile, 'order'>): Promise<KnownJobs> {
  const waiting: WaitingJob[] = [];
  const active: ActiveJob[] = [];
  for (const folder of await listJobFolders()) {
    const state = await readJobState(folder);
    if (state?.ended) continue;
    const record = await readJob(folder).catch(() => undefined);
    if (!record) continue;
    if (!state) {
      if (record.queued && isHere(record.startedBy)) waiting.push({ folder, record });
      continue;
    }
    if (!isHere(state.process)) continue;
    if ((await livenessOfJob(folder, state)) !== 'alive') continue;
    const { device = record.device ?? 'auto', gpu, runs, pending, paused = false } = state;
    const place = (gpus: number): Place => {
      const found = placeOf(device, gpus);
      // It was given a GPU that turned out not to work, as that of the next one would.
      const isElsewhere = found.kind === 'cpu' && gpu !== undefined && (record.device ?? 'auto') === 'auto';
      if (isElsewhere) return { kind: 'unknown' };
      return found.kind === 'gpu' ? { kind: 'gpu', index: found.index ?? gpu ?? 0 } : found;
    };
    const all = pending && !runs.includes(pending.record.id) ? [...runs, pending.record.id] : runs;
    active.push({ folder, record, runs: all, paused, place });
  }
  return { waiting: inOrder(waiting, order), active };
}

function inOrder(waiting: readonly WaitingJob[], order: readonly string[]): WaitingJob[] {
  const places = new Map(order.map((id, place) => [id, place]));
  const placeIn = ({ folder }: WaitingJob): number => places.get(path.basename(folder)) ?? Infinity;
  // Folders come the oldest first, and so do those without a place.
  return waiting.toSorted((a, b) => {
    const [x, y] = [placeIn(a), placeIn(b)];
    return x === y ? 0 : x - y;
  });
}

/** Of a job that was to be moved, removed or started. */
export function notWaiting(id: string): M2atError {
  return new M2atError('bad-input', `nothing of this name waits: ${JSON.stringify(id)}`, {
    hint: 'It may have begun, or been removed; m2at queue lists what waits.',
  });
}
