import type { BigIntStats } from 'node:fs';
import { lstat, readlink } from 'node:fs/promises';
import path from 'node:path';
import { atMostAtOnce } from '../files/at-most-at-once';
import { hasCode } from '../files/error-code';
import { readLimited } from '../files/read-limited';
import type { IndexEntry } from './git-index';
import { objectHash } from './index-tree';

const LINK = 0o120000;
const FILE = 0o100000;
const KIND = 0o170000;
const AT_ONCE = 32;
const LARGEST = 2 ** 27;

export interface WorkTreeOptions {
  readonly workTree: string;
  readonly hashBytes: number;
  /** When the index was written, in nanoseconds: what was changed at that moment or later has to be looked at. */
  readonly indexTime: bigint;
  /** Whether modes of files say which can be executed. */
  readonly modes: boolean;
  /** Whether files may come out of the repository through a filter, so that their content says nothing. */
  readonly filters: boolean;
  readonly signal: AbortSignal;
}

/**
 * Whether a file of the index is another one in the work tree, or gone. Sizes and times tell it where they can, as for git;
 * else the content, which is compared as it is and without carriage returns.
 * @returns undefined where only a filter, which would be a program, could tell
 */
export async function isChanged(
  entries: readonly IndexEntry[],
  options: WorkTreeOptions,
): Promise<boolean | undefined> {
  const { signal } = options;
  const found = new Set<boolean | undefined>();
  await atMostAtOnce(AT_ONCE, entries, async (entry) => {
    const kind = entry.mode & KIND;
    // A submodule is another repository.
    if (entry.skipped || (kind !== FILE && kind !== LINK)) return;
    if (!found.has(true) && !signal.aborted) found.add(await differsFrom(entry, options));
  });
  if (found.has(true)) return true;
  return found.has(undefined) || signal.aborted ? undefined : false;
}

/** Where a file of the index is; undefined for a name that git makes none of, or that this system can't be asked for. */
export function placeOf(workTree: string, { name }: Pick<IndexEntry, 'name'>): string | undefined {
  const bytes = Buffer.from(name, 'latin1');
  const text = bytes.toString('utf8');
  const parts = text.split('/');
  const isPlain =
    Buffer.from(text).equals(bytes) && !parts.some((part) => ['', '.', '..', '.git'].includes(part));
  return isPlain ? path.join(workTree, ...parts) : undefined;
}

async function differsFrom(entry: IndexEntry, options: WorkTreeOptions): Promise<boolean | undefined> {
  const file = placeOf(options.workTree, entry);
  if (file === undefined) return undefined;
  const found = await lstat(file, { bigint: true }).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return undefined;
    throw error;
  });
  if (!found) return true;
  const isLink = (entry.mode & KIND) === LINK;
  if (isLink ? !found.isSymbolicLink() : !found.isFile()) return options.modes ? true : undefined;
  if (!isLink && options.modes && ((Number(found.mode) ^ entry.mode) & 0o100) !== 0) return true;
  if (entry.size !== 0 && Number(found.size % 2n ** 32n) !== entry.size) return true;
  if (isAsItWas(entry, found, options.indexTime)) return false;
  return contentDiffers(entry, file, isLink, options);
}

function isAsItWas({ size, modified, changed }: IndexEntry, found: BigIntStats, indexTime: bigint): boolean {
  // Some systems and programs keep seconds alone.
  const same = (kept: bigint, now: bigint): boolean =>
    kept % SECOND === 0n ? kept / SECOND === now / SECOND : kept === now;
  return (
    Number(found.size % 2n ** 32n) === size &&
    same(modified, found.mtimeNs) &&
    (changed === 0n || same(changed, found.ctimeNs)) &&
    modified < indexTime
  );
}
const SECOND = 1_000_000_000n;

async function contentDiffers(
  { hash }: IndexEntry,
  file: string,
  isLink: boolean,
  { hashBytes, filters }: WorkTreeOptions,
): Promise<boolean | undefined> {
  const isOf = (bytes: Uint8Array): boolean => objectHash('blob', bytes, hashBytes).equals(hash);
  if (isLink) return !isOf(Buffer.from(await readlink(file)));
  const bytes = await readLimited(file, LARGEST).catch(() => undefined);
  if (!bytes) return undefined;
  const unix = Buffer.from(bytes.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
  if (isOf(bytes) || isOf(unix)) return false;
  return filters ? undefined : true;
}
