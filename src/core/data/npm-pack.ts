import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
// eslint-disable-next-line @typescript-eslint/no-restricted-imports -- of npm's cache in a folder of our own
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { M2atError, messageOf } from '../errors';
import { listFolder } from '../files/list-folder';
import { readChunks } from '../files/read-chunks';

export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  /** Size of the tarball, for the progress bar. */
  readonly bytes: number;
  /** `sha512-…`, as `npm view NAME dist.integrity` shows it. */
  readonly integrity: string;
  readonly registry?: string;
}

/** Larger packages are none that this program asks for. */
const MAX_TARBALL_BYTES = 2 ** 30;
/** How often the progress of a running npm is looked up, ms. */
const pollInterval = 500;

/**
 * Fetches a package's tarball with `npm pack`, which knows the user's registry, proxy and credentials; nothing
 * is installed and no script of the package runs.
 * @param folder an existing folder for the tarball and for npm's working files, which the caller removes
 * @returns the path of the tarball, its integrity checked
 * @throws M2atError `io` when npm is missing or fails, `data` when the integrity differs, `cancelled`
 */
export async function npmPack(
  o: NpmPackage,
  folder: string,
  onBytes: (done: number) => void,
  signal?: AbortSignal,
): Promise<string> {
  const where = `npm pack ${o.name}@${o.version}`;
  // A cache of its own: the user's is not filled with a package that is used once, and its growth is the progress.
  const cache = path.join(folder, 'npm-cache');
  const poll = setInterval(() => {
    void folderBytes(cache).then((bytes) => {
      onBytes(Math.min(bytes, o.bytes));
    });
  }, pollInterval);
  try {
    await runNpm(
      [
        'pack',
        `${o.name}@${o.version}`,
        '--ignore-scripts',
        '--silent',
        // One quick retry: npm's own pauses would keep someone without a network waiting for a minute.
        ...['--fetch-retries', '1', '--fetch-retry-mintimeout', '1000'],
        ...['--pack-destination', folder],
        ...['--cache', cache],
        ...(o.registry ? ['--registry', o.registry] : []),
      ],
      { folder, where, signal },
    );
  } finally {
    clearInterval(poll);
  }
  const tarball = (await listFolder(folder)).find(({ name }) => name.endsWith('.tgz'));
  if (!tarball) throw new M2atError('io', 'npm wrote no package', { where });
  const file = path.join(folder, tarball.name);
  const hash = createHash('sha512');
  await readChunks(file, MAX_TARBALL_BYTES, (chunk) => hash.update(chunk), { code: 'data' });
  const integrity = `sha512-${hash.digest('base64')}`;
  if (integrity !== o.integrity) {
    throw new M2atError('data', `integrity is ${integrity}, expected ${o.integrity}`, { where });
  }
  onBytes(o.bytes);
  return file;
}

interface NpmRun {
  readonly folder: string;
  readonly where: string;
  readonly signal?: AbortSignal | undefined;
}

function runNpm(parameters: readonly string[], { folder, where, signal }: NpmRun): Promise<void> {
  const { file, first } = npmCommand();
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(new M2atError('cancelled', 'the download was cancelled', { where }));
      return;
    }
    const child = spawn(file, [...first, ...parameters], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      windowsHide: true,
    });
    const cancel = (): void => {
      child.kill();
    };
    signal?.addEventListener('abort', cancel);
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-4000);
    });
    child.on('error', (error) => {
      signal?.removeEventListener('abort', cancel);
      reject(
        new M2atError('io', `npm can't be started (${messageOf(error)})`, {
          where,
          hint: 'Install Node.js with npm, or see to it that npm is on the PATH.',
          cause: error,
        }),
      );
    });
    child.on('close', (code, killedBy) => {
      signal?.removeEventListener('abort', cancel);
      if (signal?.aborted) {
        reject(new M2atError('cancelled', 'the download was cancelled', { where }));
      } else if (code === 0) {
        resolve();
      } else {
        const reason = stderr.trim() || `exit code ${code ?? String(killedBy)}`;
        reject(new M2atError('io', `npm failed: ${reason}`, { where }));
      }
    });
  });
}

/**
 * How to run npm without a shell. On Windows `npm` is a .cmd file, which only a shell can run: there npm's
 * own script is run with node, and so everywhere where it is found.
 */
export function npmCommand(
  environment: NodeJS.ProcessEnv = process.env,
  node: string = process.execPath,
): { file: string; first: string[] } {
  const inModules = path.join('node_modules', 'npm', 'bin', 'npm-cli.js');
  const besideNode = path.dirname(node);
  const folders = (environment.PATH ?? environment.Path ?? '').split(path.delimiter).filter(Boolean);
  const launcher = environment.npm_execpath;
  const script = [
    ...(launcher && path.basename(launcher) === 'npm-cli.js' ? [launcher] : []),
    path.join(besideNode, inModules),
    path.join(besideNode, '..', 'lib', inModules),
    ...(process.platform === 'win32' ? folders.map((folder) => path.join(folder, inModules)) : []),
  ].find((candidate) => existsSync(candidate));
  return script ? { file: node, first: [script] } : { file: 'npm', first: [] };
}

/** Bytes in all files of a folder; 0 while it isn't there, and what could be read while it changes. */
async function folderBytes(folder: string): Promise<number> {
  try {
    const files = await readdir(folder, { recursive: true });
    const sizes = await Promise.all(
      files.map((file) =>
        stat(path.join(folder, file)).then(
          (found) => (found.isFile() ? found.size : 0),
          () => 0,
        ),
      ),
    );
    return sizes.reduce((sum, size) => sum + size, 0);
  } catch {
    return 0;
  }
}
