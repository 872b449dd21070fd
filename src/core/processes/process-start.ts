import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** Asking costs a process of its own where there is no /proc: an answer is good for so long, ms. */
const GOOD_FOR = 10_000;
const PATIENCE = 10_000;

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
  const start = (system === 'win32' ? askWindows(pid) : askPs(pid)).catch(() => undefined);
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

async function askPs(pid: number): Promise<string | undefined> {
  // In one language and one time zone, whatever those of the user are.
  const env = { LC_ALL: 'C', TZ: 'UTC' };
  return timeIn(`${(await output('/bin/ps', ['-o', 'lstart=', '-p', String(pid)], env)).trim()} UTC`);
}

async function askWindows(pid: number): Promise<string | undefined> {
  // By its path: a program of this name in the current folder would come first.
  const folder = path.join(process.env.SystemRoot ?? 'C:\\Windows', 'System32', 'WindowsPowerShell', 'v1.0');
  const question = `(Get-Process -Id ${pid}).StartTime.ToUniversalTime().ToString('o')`;
  const parameters = ['-NoProfile', '-NonInteractive', '-Command', question];
  return timeIn((await output(path.join(folder, 'powershell.exe'), parameters, process.env)).trim());
}

function timeIn(text: string): string | undefined {
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

function output(file: string, parameters: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env, timeout: PATIENCE, maxBuffer: 10_000, windowsHide: true };
    execFile(file, parameters, options, (error, stdout) => {
      if (error) reject(new Error(`${file} failed`, { cause: error }));
      else resolve(stdout);
    });
  });
}
