import { execFile } from 'node:child_process';
import path from 'node:path';

const PATIENCE = 10_000;

/** What `ps` says of a process, in one language and one time zone, whatever those of the user are. */
export async function askPs(pid: number, field: 'lstart=' | 'command='): Promise<string> {
  const env = { LC_ALL: 'C', TZ: 'UTC' };
  return (await output('/bin/ps', ['-ww', '-o', field, '-p', String(pid)], env)).trim();
}

/** What Windows answers to a question to PowerShell. */
export async function askWindows(question: string): Promise<string> {
  // By its path: a program of this name in the current folder would come first.
  const folder = path.join(process.env.SystemRoot ?? 'C:\\Windows', 'System32', 'WindowsPowerShell', 'v1.0');
  const parameters = ['-NoProfile', '-NonInteractive', '-Command', question];
  return (await output(path.join(folder, 'powershell.exe'), parameters, process.env)).trim();
}

function output(file: string, parameters: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env, timeout: PATIENCE, maxBuffer: 100_000, windowsHide: true };
    execFile(file, parameters, options, (error, stdout) => {
      if (error) reject(new Error(`${file} failed`, { cause: error }));
      else resolve(stdout);
    });
  });
}
