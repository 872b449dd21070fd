import { readFile } from 'node:fs/promises';
import { askPs, askWindows } from './ask-system';

/** The command line of a process, its parts separated by spaces; undefined where the system does not say it. */
export async function commandLineOf(
  pid: number,
  system: NodeJS.Platform = process.platform,
): Promise<string | undefined> {
  if (system === 'linux') {
    const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    return text === '' ? undefined : text.replaceAll('\0', ' ').trim();
  }
  const question = `(Get-CimInstance Win32_Process -Filter 'ProcessId=${pid}').CommandLine`;
  const text = await (system === 'win32' ? askWindows(question) : askPs(pid, 'command=')).catch(() => '');
  return text === '' ? undefined : text;
}
