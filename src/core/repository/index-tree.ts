import { createHash } from 'node:crypto';
import type { IndexEntry } from './git-index';

/** What git names an object: the hash of its kind, its length and its bytes. */
export function objectHash(kind: 'blob' | 'tree', bytes: Uint8Array, hashBytes: number): Buffer {
  return createHash(hashBytes === 32 ? 'sha256' : 'sha1')
    .update(`${kind} ${bytes.length}\0`)
    .update(bytes)
    .digest();
}

/** Name of the tree that a commit of this index would have. @param entries in the order of the index */
export function treeOfIndex(entries: readonly IndexEntry[], hashBytes: number): Buffer {
  return treeFrom(entries, { from: 0, to: entries.length, prefix: 0 }, hashBytes);
}

interface Part {
  readonly from: number;
  readonly to: number;
  /** Characters of the folder's name, with the `/` after it. */
  readonly prefix: number;
}

/** The index is sorted as trees are: a folder by its name with `/` after it. */
function treeFrom(entries: readonly IndexEntry[], { from, to, prefix }: Part, hashBytes: number): Buffer {
  const parts: Buffer[] = [];
  for (let at = from; at < to;) {
    const entry = entries[at];
    if (!entry) break;
    const slash = entry.name.indexOf('/', prefix);
    if (slash < 0) {
      parts.push(
        Buffer.from(`${entry.mode.toString(8)} ${entry.name.slice(prefix)}\0`, 'latin1'),
        entry.hash,
      );
      at++;
      continue;
    }
    const folder = entry.name.slice(0, slash + 1);
    let end = at + 1;
    while (end < to && entries[end]?.name.startsWith(folder) === true) end++;
    const tree = treeFrom(entries, { from: at, to: end, prefix: slash + 1 }, hashBytes);
    parts.push(Buffer.from(`40000 ${folder.slice(prefix, -1)}\0`, 'latin1'), tree);
    at = end;
  }
  return objectHash('tree', Buffer.concat(parts), hashBytes);
}
