import { tmpdir } from 'node:os';
import path from 'node:path';
import { sha256 } from '../files/sha256';
import { isPrivateFolder, makePrivateFolder } from './state-folder';

/** Where systems end the path of a socket, bytes: macOS at 104 with its last zero, Linux at 108. */
const LONGEST = 100;
const DIGITS = 24;

/**
 * Where the process of a job listens: a socket in a folder that is the user's alone (`$XDG_RUNTIME_DIR/m2at`, or one in the
 * system's temporary folder), on Windows a named pipe. Its name is a hash of the job's folder: the path itself may be longer
 * than the system allows.
 * @throws M2atError where no folder for it can be made
 */
export async function controlPath(
  folder: string,
  {
    environment = process.env,
    platform = process.platform,
  }: { readonly environment?: NodeJS.ProcessEnv; readonly platform?: NodeJS.Platform } = {},
): Promise<string> {
  const name = sha256(folder).slice(0, DIGITS);
  if (platform === 'win32') return `\\\\.\\pipe\\m2at-${name}`;
  const { XDG_RUNTIME_DIR: runtime } = environment;
  const own = runtime !== undefined && path.isAbsolute(runtime) && (await isPrivateFolder(runtime));
  const mine = `m2at-${process.getuid?.() ?? 0}`;
  const usual = `/tmp/${mine}`;
  const places = [...(own ? [path.join(runtime, 'm2at')] : []), path.join(tmpdir(), mine)];
  const isShort = (place: string): boolean => Buffer.byteLength(path.join(place, `${name}.sock`)) <= LONGEST;
  const place = places.find(isShort) ?? usual;
  await makePrivateFolder(place);
  return path.join(place, `${name}.sock`);
}
