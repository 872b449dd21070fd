import { mkdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { codeOf, hasCode } from '../files/error-code';
import { openToAppend } from '../files/own-file';
import { M2atError, messageOf } from '../errors';
import { hashFile, otherChecksum, type Checksum } from './checksum';

export interface Download {
  /** Hosts that have the same file, in the order in which they are asked. */
  readonly urls: readonly string[];
  readonly checksum: Checksum;
  /** More than this is another file. */
  readonly maxBytes: number;
  /** Whether less is, too. */
  readonly exact?: boolean | undefined;
  /** How long to wait for a response to begin, ms. */
  readonly connectTimeout: number;
  readonly signal?: AbortSignal | undefined;
  /** Called after each chunk with the bytes so far, and how many there will be where the host says it. */
  readonly onBytes?: ((done: number, total: number | undefined, host: string) => void) | undefined;
}

export interface DownloadPlaces {
  /** A folder of this process alone. */
  readonly own: string;
  /** Where what arrived of a download is kept that could not be finished. It need not be there. */
  readonly kept: string;
}

/** A response that stays silent for so long is given up, ms. */
const stallTimeout = 60_000;

/** How long to wait for a host to answer, ms. */
export const CONNECT_TIMEOUT = 10_000;

/**
 * Downloads a file into a folder, from the first host that has it. What arrived of one that could not be finished is kept, and
 * the next call goes on from there where a host can. Processes that do it at the same time do not disturb each other.
 * @returns the file, its checksum compared
 * @throws M2atError `io` when no host could be reached, or all refused or stopped early; `data` when the content is not the
 * expected one: with the reason of each host; `cancelled`
 */
export async function downloadFile(o: Download, places: DownloadPlaces): Promise<string> {
  const name = `${o.checksum.hex.slice(0, 16)}.part`;
  const file = path.join(places.own, name);
  // Whoever moves it has it.
  await rename(path.join(places.kept, name), file).catch(ignoreAbsent);
  const failures: M2atError[] = [];
  for (const url of o.urls) {
    try {
      await fromHost(url, file, o);
      return file;
    } catch (error) {
      if (!(error instanceof M2atError)) throw error;
      if (error.code === 'cancelled') {
        await keepPart(file, places.kept);
        throw error;
      }
      failures.push(error);
    }
  }
  await keepPart(file, places.kept);
  const [only] = failures;
  if (only && failures.length === 1) throw only;
  throw new M2atError(failures.some(({ code }) => code === 'data') ? 'data' : 'io', 'no host has the file', {
    lines: failures.map(({ message }) => `- ${message}`),
  });
}

/** Keeps what arrived of a file for who asks for it next. */
export async function keepPart(file: string, folder: string): Promise<void> {
  if ((await sizeOf(file)) === 0) return;
  await mkdir(folder, { recursive: true });
  await rename(file, path.join(folder, path.basename(file)));
}

/** From where the file ends, and from its beginning where that does not lead to the right one. */
async function fromHost(url: string, file: string, o: Download): Promise<void> {
  const before = await sizeOf(file);
  if (before > 0 && before <= o.maxBytes) {
    try {
      await append(url, file, before, o);
      return;
    } catch (error) {
      if (!(error instanceof M2atError) || error.code !== 'data') throw error;
    }
  }
  await rm(file, { force: true });
  try {
    await append(url, file, 0, o);
  } catch (error) {
    // The start of another file would be a wrong one for the next host, and for the next time.
    if (error instanceof M2atError && error.code === 'data') await rm(file, { force: true });
    throw error;
  }
}

async function append(url: string, file: string, from: number, o: Download): Promise<void> {
  const controller = new AbortController();
  const cancel = (): void => {
    controller.abort();
  };
  const timeout = new Watchdog(cancel);
  o.signal?.addEventListener('abort', cancel);
  const state: DownloadState = { answered: false, arrived: from, total: undefined };
  let handle: FileHandle | undefined;
  try {
    // Before the request: what arrives is not to wait for it.
    handle = await openToAppend(file);
    if (o.signal?.aborted) cancel();
    timeout.start(o.connectTimeout);
    const response = await fetch(url, {
      signal: controller.signal,
      headers: { 'accept-encoding': 'identity', ...(from > 0 && { range: `bytes=${from}-` }) },
    });
    state.answered = true;
    if (response.status === 416)
      throw new M2atError('data', 'what was kept is no part of it', { where: url });
    if (!response.ok || !response.body) {
      throw new M2atError('io', `the server answered ${response.status} ${response.statusText}`.trim(), {
        where: url,
      });
    }
    const start = response.status === 206 ? startOf(response) : 0;
    if (start !== 0 && start !== from) {
      throw new M2atError('data', `the server sent the file from byte ${start}`, { where: url });
    }
    state.arrived = start;
    state.total = lengthOf(response, start);
    await handle.truncate(start);
    const chunks: AsyncIterable<Uint8Array> = response.body;
    for await (const chunk of chunks) {
      timeout.start(stallTimeout);
      if (state.arrived + chunk.length > o.maxBytes) {
        throw new M2atError('data', `more than ${o.maxBytes} bytes`, { where: url });
      }
      await handle.writeFile(chunk);
      state.arrived += chunk.length;
      o.onBytes?.(state.arrived, state.total, new URL(url).host);
    }
    timeout.stop();
    if (state.total !== undefined && state.arrived !== state.total) throw broken(url, state, 'it ended');
    if (o.exact && state.arrived !== o.maxBytes) {
      throw new M2atError('data', `got ${state.arrived} bytes, expected ${o.maxBytes}`, { where: url });
    }
    await handle.sync();
    const hex = await hashFile(file, o.maxBytes, { algorithm: o.checksum.algorithm, signal: o.signal });
    if (hex !== o.checksum.hex) {
      throw new M2atError('data', otherChecksum(hex, o.checksum), { where: url });
    }
  } catch (error) {
    throw explain(error, url, o, { ...state, timedOut: timeout.fired });
  } finally {
    timeout.stop();
    o.signal?.removeEventListener('abort', cancel);
    controller.abort();
    await handle?.close();
  }
}

interface DownloadState {
  answered: boolean;
  /** Bytes of the file, those of an earlier download included. */
  arrived: number;
  total: number | undefined;
}

function explain(
  error: unknown,
  url: string,
  o: Download,
  state: DownloadState & { readonly timedOut: boolean },
): unknown {
  if (o.signal?.aborted) return new M2atError('cancelled', 'the download was cancelled', { where: url });
  if (state.timedOut) {
    return new M2atError(
      'io',
      state.answered
        ? `nothing arrived for ${stallTimeout / 1000} s, after ${bytesOf(state)}`
        : `no answer within ${o.connectTimeout / 1000} s`,
      { where: url },
    );
  }
  if (error instanceof M2atError) return error;
  // undici: "fetch failed" before the response, "terminated" within it; the reason is the cause.
  if (error instanceof TypeError) {
    const reason = error.cause ?? error;
    const detail = messageOf(reason) || (codeOf(reason) ?? '');
    return state.answered
      ? broken(url, state, detail)
      : new M2atError('io', `the host can't be reached (${detail})`, { where: url, cause: error });
  }
  return error;
}

function broken(url: string, state: DownloadState, why: string): M2atError {
  return new M2atError('io', `the connection broke after ${bytesOf(state)} (${why})`, { where: url });
}

function bytesOf({ arrived, total }: DownloadState): string {
  return total === undefined ? `${arrived} bytes` : `${arrived} of ${total} bytes`;
}

/** Where the part that a server sends begins: `bytes 100-199/200`. NaN where it does not say so. */
function startOf(response: Response): number {
  return Number(/^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1]);
}

/** Of the whole file. */
function lengthOf(response: Response, start: number): number | undefined {
  const length = response.headers.get('content-length');
  return length !== null && /^\d+$/.test(length) ? start + Number(length) : undefined;
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    ignoreAbsent(error);
    return 0;
  }
}

function ignoreAbsent(error: unknown): void {
  if (!hasCode(error, 'ENOENT')) throw error;
}

/** A timer that is wound up again by each sign of life. */
class Watchdog {
  fired = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly bark: () => void) {}

  start(ms: number): void {
    this.stop();
    this.timer = setTimeout(() => {
      this.fired = true;
      this.bark();
    }, ms);
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}
