import { readFile } from 'node:fs/promises';
import { askPs, askWindows } from './ask-system';

/** Asking costs a process of its own where there is no /proc: an answer is good for so long, ms. */
const GOOD_FOR = 10_000;

const asked = new Map<number, { readonly at: number; readonly start: Promise<string | undefined> }>();

/**
 * When a process began, in the form of `ProcessOrigin.started`; `dead` for one that has ended and whose parent has not
 * asked how; undefined where the system does not say it.
 */
export async function startOf(pid: number, system = process.platform): Promise<string | undefined> {
  if (system === 'linux') {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
    return stat === '' ? undefined : startInStat(stat);
  }
  const known = asked.get(pid);
  if (known && performance.now() - known.at < GOOD_FOR) return known.start;
  const start = (system === 'win32' ? startOnWindows(pid) : startByPs(pid)).catch(() => undefined);
  asked.set(pid, { at: performance.now(), start });
  return start;
}

/** Field 22 of `/proc/PID/stat`, or `dead`. The name in field 2 may hold anything, brackets and spaces too. */
export function startInStat(stat: string): string | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, start] = [fields[0], fields[19]];
  if (state === 'Z' || state === 'X') return 'dead';
  return start !== undefined && /^\d+$/.test(start) ? start : undefined;
}

async function startByPs(pid: number): Promise<string | undefined> {
  return timeIn(`${await askPs(pid, 'lstart=')} UTC`);
}

async function startOnWindows(pid: number): Promise<string | undefined> {
  return timeIn(await askWindows(`(Get-Process -Id ${pid}).StartTime.ToUniversalTime().ToString('o')`));
}

function timeIn(text: string): string | undefined {
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}
