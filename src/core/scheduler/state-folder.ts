import { lstat, mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { M2atError } from '../errors';
import { fileError } from '../files/file-error';

/**
 * The user's own folder for what this machine is computing: `M2AT_STATE` if it is set, else the platform's place for the
 * state of programs (`$XDG_STATE_HOME/m2at` or `~/.local/state/m2at`; `~/Library/Application Support/m2at`;
 * `%LOCALAPPDATA%\m2at\State`). It outlives a session: `$XDG_RUNTIME_DIR` goes with the last login, which may be the lost
 * connection that a run has to outlive. Not created here.
 */
export function stateFolder(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const { M2AT_STATE, XDG_STATE_HOME, LOCALAPPDATA } = environment;
  if (M2AT_STATE) return path.resolve(M2AT_STATE);
  if (platform === 'win32') {
    return path.join(LOCALAPPDATA ?? path.join(homedir(), 'AppData', 'Local'), 'm2at', 'State');
  }
  if (platform === 'darwin') return path.join(homedir(), 'Library', 'Application Support', 'm2at');
  // The XDG specification: a relative path there is to be ignored.
  const base =
    XDG_STATE_HOME && path.isAbsolute(XDG_STATE_HOME)
      ? XDG_STATE_HOME
      : path.join(homedir(), '.local', 'state');
  return path.join(base, 'm2at');
}

/** The folder of all jobs, a folder each. Not created here. */
export function jobsFolder(): string {
  return path.join(stateFolder(), 'jobs');
}

/**
 * Makes a folder that nobody but its owner reads or writes, and makes sure that it is one: what lies there is believed.
 * @throws M2atError `io` when it can't be made; `bad-input` for a link, and for a folder of somebody else or that others can
 * write to
 */
export async function makePrivateFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw fileError(error, folder);
  }
  const problem = await privacyProblem(folder);
  if (problem === undefined) return;
  throw new M2atError('bad-input', problem, {
    where: folder,
    hint: 'Remove it, or make it yours alone (on Linux and macOS: mode 700).',
  });
}

/** Whether a folder is there, and is the user's alone. */
export async function isPrivateFolder(folder: string): Promise<boolean> {
  return (await privacyProblem(folder).catch(() => 'is not there')) === undefined;
}

async function privacyProblem(folder: string): Promise<string | undefined> {
  const found = await lstat(folder);
  if (!found.isDirectory()) return 'is no folder, or a link to one';
  // Windows: what is below the user's profile is theirs.
  if (process.getuid === undefined) return undefined;
  if (found.uid !== process.getuid()) return 'belongs to somebody else';
  return (found.mode & 0o022) === 0 ? undefined : 'can be written to by others';
}
