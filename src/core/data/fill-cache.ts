import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { listFolder } from '../files/list-folder';
import { isAlive } from '../processes/process-alive';
import { M2atError, messageOf } from '../errors';
import { cacheFolder } from './cache-folder';
import { checkFiles, type PublishedFile } from './check-files';
import { hashFile, otherChecksum } from './checksum';
import type { CacheOptions } from './dataset';
import { keepPart, type DownloadPlaces } from './download';
import { VerifiedFiles } from './verified-files';

/** Where the files of a data set come from: one way. */
export type Route = (target: RouteTarget, options: CacheOptions) => Promise<void>;

export interface RouteTarget extends DownloadPlaces {
  /** The folder that it fills. */
  readonly complete: string;
}

export interface CachedSet {
  /** What experiments call it. */
  readonly name: string;
  readonly title: string;
  /** In the cache. */
  readonly folder: string;
  readonly files: readonly PublishedFile[];
  /** In the order in which they are tried. */
  readonly routes: readonly Route[];
  /** What to do where no route leads to it. */
  readonly hint: string;
  /** That is needed for a while, as people read it: `500 MB`. */
  readonly space: string;
}

/** A temporary folder of another process is left alone for so long, ms. */
const abandonedAfter = 24 * 3600 * 1000;

/**
 * Makes sure that a data set is in the cache: from there if it is, else by its routes. Every file is checked by its
 * checksum. The folder appears at once and complete, or not at all; several processes may do it at the same time.
 * @returns the folder
 * @throws M2atError `io` or `data` when no route led there, with the reason of each; `cancelled`
 */
export async function fillCache(set: CachedSet, o: CacheOptions = {}): Promise<string> {
  const cache = o.cacheDir ?? cacheFolder();
  const folder = path.join(cache, set.folder);
  const verified = new VerifiedFiles(cache);
  const isComplete = async (): Promise<boolean> => {
    try {
      await checkFiles(folder, set.files, { hint: set.hint }, verified, o.signal);
      return true;
    } catch (error) {
      if (error instanceof M2atError && error.code !== 'cancelled') return false;
      throw error;
    }
  };
  if (await isComplete()) return folder;
  if (o.download === false) {
    throw new M2atError('data', `${set.title} is not in the cache`, { where: folder, hint: set.hint });
  }
  try {
    const kept = path.join(cache, 'downloads');
    await mkdir(cache, { recursive: true });
    await removeAbandoned(cache, set.name, kept);
    const own = await mkdtemp(path.join(cache, `${prefixesOf(set.name).own}${process.pid}-`));
    try {
      const complete = path.join(own, 'complete');
      await tryRoutes(set, { own, kept, complete }, o);
      await publish(complete, folder, isComplete);
      // Their checksums were compared before.
      for (const { name, checksum } of set.files) await verified.remember(path.join(folder, name), checksum);
    } finally {
      await rm(own, { recursive: true, force: true, maxRetries: 5 });
    }
  } catch (error) {
    if (error instanceof M2atError) throw error;
    if (o.signal?.aborted) throw new M2atError('cancelled', 'the download was cancelled');
    throw new M2atError('io', messageOf(error), {
      where: cache,
      hint: `The cache needs ${set.space} of free space while it is filled; M2AT_CACHE names another folder.`,
      cause: error,
    });
  }
  return folder;
}

/** Tries one route after the other until `complete` holds every file. */
async function tryRoutes(
  { title, files, routes, hint }: CachedSet,
  target: RouteTarget,
  o: CacheOptions,
): Promise<void> {
  const failures: M2atError[] = [];
  for (const route of routes) {
    try {
      await mkdir(target.complete);
      await route(target, o);
      for (const file of files) await verify(target.complete, file, o.signal);
      return;
    } catch (error) {
      if (!(error instanceof M2atError) || error.code === 'cancelled') throw error;
      failures.push(error);
      await rm(target.complete, { recursive: true, force: true });
    }
  }
  throw new M2atError(
    failures.some(({ code }) => code === 'data') ? 'data' : 'io',
    `${title} could not be fetched.`,
    {
      lines: failures.flatMap((failure) =>
        failure.message.split('\n').map((line, n) => (n === 0 ? `- ${line}` : `  ${line}`)),
      ),
      hint,
    },
  );
}

async function verify(
  folder: string,
  { name, maxBytes, checksum }: PublishedFile,
  signal?: AbortSignal,
): Promise<void> {
  const { algorithm, hex } = checksum;
  const actual = await hashFile(path.join(folder, name), maxBytes, { algorithm, signal });
  if (actual !== hex) throw new M2atError('data', `${name}: ${otherChecksum(actual, checksum)}`);
}

/** Moves the complete folder into place; another process that was faster is fine. */
async function publish(complete: string, folder: string, isThere: () => Promise<boolean>): Promise<void> {
  await mkdir(path.dirname(folder), { recursive: true });
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

/** How the temporary folders of a data set begin, on any host, and then on this one. */
function prefixesOf(name: string): { readonly anyHost: string; readonly own: string } {
  const [set, host] = [name, hostname()].map((text) => text.replace(/[^\w-]/g, '_'));
  return { anyHost: `.${set}-`, own: `.${set}-${host}-` };
}

/** Removes what crashed processes left, but for the parts of downloads: the name tells the host and the process. */
async function removeAbandoned(cache: string, set: string, kept: string): Promise<void> {
  const { anyHost, own } = prefixesOf(set);
  for (const { name } of await listFolder(cache)) {
    if (!name.startsWith(anyHost)) continue;
    const folder = path.join(cache, name);
    const pid = name.startsWith(own) ? Number.parseInt(name.slice(own.length), 10) : 0;
    const age = Date.now() - (await stat(folder).then(({ mtimeMs }) => mtimeMs, Date.now));
    if (!(pid > 0 && !isAlive(pid)) && age <= abandonedAfter) continue;
    for (const part of await listFolder(folder).catch(() => [])) {
      if (part.name.endsWith('.part')) await keepPart(path.join(folder, part.name), kept);
    }
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
