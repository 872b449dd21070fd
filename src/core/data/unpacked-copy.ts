import { mkdir, realpath, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { isTemporary, writePiecesAtomic } from '../files/atomic-file';
import { listFolder } from '../files/list-folder';
import { sha256 } from '../files/sha256';
import { cacheFolder } from './cache-folder';
import type { LoadOptions } from './dataset';
import { openNpy, WholeCheck, type StoredArray } from './stored-array';
import { readPart } from './read-part';

/** What a process that crashed had not finished is removed after so long, ms. */
const ABANDONED_AFTER = 24 * 3600 * 1000;

/** From one progress to the next, bytes. */
const UNREPORTED = 2 ** 24;

export interface UnpackOptions extends LoadOptions {
  /** Default: {@link cacheFolder}. */
  readonly cacheDir?: string | undefined;
}

/**
 * An array that can be read by index: where it is packed, a copy of it in the cache, unpacked. It is made once, appears
 * complete or not at all, and is known by the file's place, size and time and by the member's checksum. Whoever deletes it
 * has it made again.
 * @throws M2atError as {@link readPart}, and for an array that is not as its CRC says; `io` where it can't be written
 */
export async function unpackedCopy(
  array: StoredArray,
  { cacheDir = cacheFolder(), signal, onProgress }: UnpackOptions,
): Promise<StoredArray> {
  const { part, header, where, crc } = array;
  if (part.packed === undefined) return array;
  const { size: fileSize, mtimeMs } = await stat(part.file);
  const key = JSON.stringify([await realpath(part.file), fileSize, mtimeMs, part.start, part.bytes, crc]);
  const folder = path.join(cacheDir, 'unpacked');
  const file = path.join(folder, `${sha256(key).slice(0, 32)}.npy`);
  const total = header.offset + header.bytes;
  const isThere = await stat(file).then(
    (found) => found.size === total,
    () => false,
  );
  if (!isThere) {
    await mkdir(folder, { recursive: true });
    await removeAbandoned(folder);
    let reported = -UNREPORTED;
    const report = (done: number): void => {
      if (done < total && done - reported < UNREPORTED) return;
      reported = done;
      onProgress?.({ phase: 'decode', done, total, unit: 'bytes', detail: `unpacking ${where}` });
    };
    report(0);
    await writePiecesAtomic(file, async (handle) => {
      const check = new WholeCheck(array);
      let done = 0;
      await readPart(
        part,
        async (piece) => {
          check.add(piece);
          await handle.writeFile(piece);
          done += piece.length;
          report(done);
          return false;
        },
        { signal },
      );
      check.end();
    });
  }
  return { ...(await openNpy(file)), where };
}

async function removeAbandoned(folder: string): Promise<void> {
  for (const { name } of await listFolder(folder)) {
    if (!isTemporary(name)) continue;
    const file = path.join(folder, name);
    const age = Date.now() - (await stat(file).then(({ mtimeMs }) => mtimeMs, Date.now));
    if (age > ABANDONED_AFTER) await rm(file, { force: true });
  }
}
