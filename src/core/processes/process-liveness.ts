import { isAlive } from './process-alive';
import { thisProcess } from './process-identity';
import type { ProcessIdentity } from './process-origin';
import { startOf } from './process-start';

/** `unknown`: it can't be told from here. */
export type Liveness = 'alive' | 'gone' | 'unknown';

/** What is not measured in the ticks of one machine differs by the time that Node takes to start, ms. */
const SLACK = 10_000;

/**
 * Whether a process still runs: not another one that has got its id since. One of another machine, or of another
 * container, can't be asked from here.
 */
export async function livenessOf(
  other: ProcessIdentity,
  own: ProcessIdentity = thisProcess(),
): Promise<Liveness> {
  if (other.system !== own.system) return 'unknown';
  const [was, is] = [other.boot, own.boot];
  // A machine may be given another name while it runs, and containers have names of their own.
  if (other.host !== own.host && (was === undefined || was !== is)) return 'unknown';
  if (was !== undefined && is !== undefined && was !== is) return 'gone';
  if (other.namespace !== own.namespace) return 'unknown';
  if (!isAlive(other.pid)) return 'gone';
  if (other.started === undefined) return 'unknown';
  const start = other.pid === own.pid ? own.started : await startOf(other.pid);
  if (start === 'dead') return 'gone';
  // It ended just now, or belongs to somebody whose processes this user does not see.
  if (start === undefined) return isAlive(other.pid) ? 'unknown' : 'gone';
  return isSameStart(start, other.started) ? 'alive' : 'gone';
}

/** Why nobody knows, and whose process it is. */
export function describeUnknown(other: ProcessIdentity, own: ProcessIdentity = thisProcess()): string {
  const { pid, host } = other;
  if (host !== own.host && other.boot !== own.boot)
    return `its process, ${pid}, is on ${host}, which can't be asked from here`;
  if (other.system !== own.system || other.namespace !== own.namespace) {
    return `its process, ${pid} on ${host}, is in another container or system, which can't be asked from here`;
  }
  return `there is a process ${pid}, but when it began can't be found out`;
}

function isSameStart(a: string, b: string): boolean {
  return /^\d+$/.test(a) || /^\d+$/.test(b) ? a === b : Math.abs(Date.parse(a) - Date.parse(b)) <= SLACK;
}
