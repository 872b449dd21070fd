import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { uptime } from 'node:os';
import { M2atError } from '../errors';
import { isAlive } from '../processes/process-alive';
import { originOfThisProcess } from '../processes/process-identity';
import { describeUnknown, livenessOf, type Liveness } from '../processes/process-liveness';
import type { RunRecord } from '../records/run-files';
import { isOver } from '../records/run-state';

/** Milliseconds by which a clock may be set while a run goes on. */
const CLOCK_SLACK = 3_600_000;
/** Milliseconds by which a file can seem older than it is: some file systems count in steps of two seconds. */
const FILE_TIME_SLACK = 2000;

/** What a record says of its process. */
export const ownerKeys = ['pid', 'owner', 'token'] as const;

/** Of a run that is over. */
export const noOwner = { pid: undefined, owner: undefined, token: undefined } as const;

/** What the records of this process's runs repeat of what the user's own folder says of the process. */
export const tokenOfThisProcess = randomBytes(16).toString('hex');

/** Of a run that this process does. */
export function ownedByThisProcess(): Required<Pick<RunRecord, (typeof ownerKeys)[number]>> {
  return { pid: process.pid, owner: originOfThisProcess(), token: tokenOfThisProcess };
}

export interface OwnerState {
  readonly owner: Liveness;
  /** Why nobody knows. */
  readonly why?: string;
}

/**
 * Whether the process of a run that is not over is there.
 * @param file the record
 */
export async function ownerState(file: string, record: RunRecord): Promise<OwnerState> {
  const { pid, owner } = record;
  if (pid === undefined) return { owner: 'gone' };
  if (!owner) return { owner: (await hasOwnerById(file, pid)) ? 'alive' : 'gone' };
  const identity = { pid, ...owner };
  const liveness = await livenessOf(identity);
  return liveness === 'unknown' ? { owner: liveness, why: describeUnknown(identity) } : { owner: liveness };
}

/**
 * Records of earlier versions have the id alone. A process that happens to have it since the machine was started anew is
 * not the one, nor is this process when it began later (in a container every program has the same few ids).
 */
async function hasOwnerById(file: string, pid: number): Promise<boolean> {
  if (!isAlive(pid)) return false;
  const earliest =
    pid === process.pid
      ? performance.timeOrigin - FILE_TIME_SLACK
      : Date.now() - uptime() * 1000 - CLOCK_SLACK;
  return (await stat(file)).mtimeMs > earliest;
}

/** What can be done about a run whose process can't be asked. */
export function wayOut(id: string): string {
  return `If it has ended, \`m2at runs --mark-stopped ${id}\` says so.`;
}

/** @throws M2atError `bad-input` for a run that goes on, or of which nobody knows whether it does */
export async function assertOver(file: string, record: RunRecord): Promise<void> {
  if (isOver(record)) return;
  const { id, kind } = record;
  const what = `the ${kind === 'attack' ? 'attack' : 'run'} ${id}`;
  const { why } = await ownerState(file, record);
  if (why === undefined) {
    throw new M2atError('bad-input', `${what} is still going on`, {
      hint: `Stop it first (process ${record.pid ?? 'unknown'}).`,
    });
  }
  throw new M2atError('bad-input', `it can't be told whether ${what} is still going on: ${why}`, {
    where: file,
    hint: wayOut(id),
  });
}
