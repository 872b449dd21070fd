import { mkdir } from 'node:fs/promises';
import path from 'node:path';

export interface BareEnvironment {
  readonly env: NodeJS.ProcessEnv;
  /** Folders that were empty when the process began. */
  readonly home: string;
  readonly temporary: string;
}

/**
 * The environment of a process that nobody has set anything up for: empty folders of its own for a home and for
 * temporary files, and no variable but those that programs need to be found.
 */
export async function bareEnvironment(folder: string): Promise<BareEnvironment> {
  const home = path.join(folder, 'home');
  const temporary = path.join(folder, 'tmp');
  for (const made of [home, temporary]) await mkdir(made, { recursive: true });
  const { PATH, SystemRoot } = process.env;
  const env = {
    PATH,
    ...(SystemRoot === undefined ? {} : { SystemRoot }),
    ...{ HOME: home, USERPROFILE: home, LOCALAPPDATA: path.join(home, 'AppData', 'Local') },
    ...{ TMPDIR: temporary, TEMP: temporary, TMP: temporary },
  };
  return { env, home, temporary };
}
