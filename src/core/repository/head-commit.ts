import path from 'node:path';
import { readText } from '../files/text';
import type { Repository } from './find-repository';

export interface HeadCommit {
  /** 40 hex digits, or 64 of a repository that names objects by SHA-256. */
  readonly commit: string;
  /** Absent where HEAD is a commit and no branch. */
  readonly branch?: string;
}

const HASH = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
/** No part that is empty or begins with a dot, so that no path leaves the folder; and nothing that git refuses in a name. */
const REF = /^refs(?:\/(?!\.)[^/\s\\:?*[~^\p{Cc}]+)+$/u;
const LONGEST_REF = 4096;
const MOST_PACKED = 2 ** 25;
const MOST_LINKS = 5;

/**
 * The commit that a work tree stands on, from HEAD and the files of the refs.
 * @returns undefined where there is none yet, or its refs are kept in another way (reftable)
 * @throws M2atError, and the file system's errors
 */
export async function headCommit({ gitFolder, commonFolder }: Repository): Promise<HeadCommit | undefined> {
  let text = await readText(path.join(gitFolder, 'HEAD'), LONGEST_REF);
  let branch: string | undefined;
  for (let n = 0; n < MOST_LINKS; n++) {
    const value = text.trim();
    if (HASH.test(value)) return { commit: value, ...(branch !== undefined && { branch }) };
    const ref = value.startsWith('ref: ') ? value.slice(5) : '';
    if (!REF.test(ref)) return undefined;
    branch ??= ref.replace(/^refs\/heads\//, '');
    const loose = await readText(path.join(commonFolder, ref), LONGEST_REF).catch(() => undefined);
    const found = loose ?? (await packed(commonFolder, ref));
    if (found === undefined) return undefined;
    text = found;
  }
  return undefined;
}

async function packed(commonFolder: string, ref: string): Promise<string | undefined> {
  const text = await readText(path.join(commonFolder, 'packed-refs'), MOST_PACKED).catch(() => '');
  return text
    .split('\n')
    .find((line) => line.endsWith(` ${ref}`))
    ?.slice(0, -ref.length - 1);
}
