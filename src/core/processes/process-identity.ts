import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { ProcessIdentity, ProcessOrigin } from './process-origin';
import { startInStat } from './process-start';

let own: ProcessOrigin | undefined;

/** Where and when this process began. What the system does not say is left out. */
export function originOfThisProcess(): ProcessOrigin {
  own ??= {
    host: hostname(),
    system: process.platform,
    ...(process.platform === 'linux'
      ? linuxOrigin()
      : { started: new Date(Date.now() - 1000 * process.uptime()).toISOString() }),
  };
  return own;
}

/** This process, for records and locks. */
export function thisProcess(): ProcessIdentity {
  return { pid: process.pid, ...originOfThisProcess() };
}

function linuxOrigin(): Pick<ProcessOrigin, 'boot' | 'namespace' | 'started'> {
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1');
    // Another mount of /proc counts processes otherwise than this one does.
    if (Number.parseInt(stat, 10) !== process.pid) return {};
    const started = startInStat(stat);
    return {
      boot: readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim(),
      namespace: readlinkSync('/proc/self/ns/pid'),
      ...(started === undefined ? {} : { started }),
    };
  } catch {
    return {};
  }
}
