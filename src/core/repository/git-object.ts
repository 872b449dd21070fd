import path from 'node:path';
import { inflateSync, constants } from 'node:zlib';
import { listFolder } from '../files/list-folder';
import { withOpenFile } from '../files/open-for-reading';
import { readAtMost } from '../files/read-exactly';
import { readLimited } from '../files/read-limited';
import { isElsewhere } from './find-repository';
import { readVarint } from './git-index';

/** Of a commit, which has a message of a few lines. */
const MAX_BYTES = 2 ** 20;
/** Deltas on deltas: git makes chains of 50. */
const MAX_DEPTH = 200;
const OF_DELTA = 6;
const REF_DELTA = 7;

/**
 * The content of a small object such as a commit, from its own file or a pack.
 * @param hash its name, in hex
 * @returns undefined where the repository does not have it
 * @throws M2atError, the file system's errors, and RangeError for what is damaged
 */
export async function readObject(objects: string, hash: string): Promise<Buffer | undefined> {
  for (const folder of [objects, ...(await alternates(objects))]) {
    const loose = await readLimited(path.join(folder, hash.slice(0, 2), hash.slice(2)), MAX_BYTES).catch(
      () => undefined,
    );
    if (loose) {
      const bytes = inflate(loose);
      return bytes.subarray(bytes.indexOf(0) + 1);
    }
    const packs = path.join(folder, 'pack');
    const names = (await listFolder(packs).catch(() => [])).map(({ name }) => name);
    for (const name of names.filter((each) => each.endsWith('.idx'))) {
      const offset = await offsetIn(path.join(packs, name), Buffer.from(hash, 'hex'));
      if (offset === undefined) continue;
      return readPacked(path.join(packs, `${name.slice(0, -4)}.pack`), offset, objects, hash.length / 2, 0);
    }
  }
  return undefined;
}

/** Other folders of objects that this one borrows from. */
async function alternates(objects: string): Promise<string[]> {
  const bytes = await readLimited(path.join(objects, 'info', 'alternates'), 2 ** 16).catch(() => undefined);
  return (bytes?.toString('utf8').split('\n') ?? [])
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => path.resolve(objects, line))
    .filter((folder) => !isElsewhere(folder, objects))
    .slice(0, 8);
}

function inflate(bytes: Buffer): Buffer {
  // What follows in a pack is left aside; what was cut off shows in the length.
  return inflateSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MAX_BYTES });
}

/** Where a pack has an object, by its `.idx` of version 2. */
function offsetIn(file: string, hash: Buffer): Promise<number | undefined> {
  return withOpenFile(file, {}, async ({ handle }) => {
    const read = async (position: number, length: number): Promise<Buffer> => {
      const bytes = Buffer.alloc(length);
      if ((await readAtMost(handle, bytes, position)) < length)
        throw new RangeError('the index of a pack ends early');
      return bytes;
    };
    const head = await read(0, 8 + 1024);
    if (head.readUInt32BE(0) !== 0xff744f63 || head.readUInt32BE(4) !== 2) return undefined;
    const upTo = (first: number): number => (first < 0 ? 0 : head.readUInt32BE(8 + 4 * first));
    const first = hash[0] ?? 0;
    const [from, to, count] = [upTo(first - 1), upTo(first), upTo(255)];
    if (to <= from || to > count) return undefined;
    const size = hash.length;
    let [low, high] = [from, to];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = hash.compare(await read(head.length + middle * size, size));
      if (order === 0) {
        const offsets = head.length + count * (size + 4);
        const offset = (await read(offsets + 4 * middle, 4)).readUInt32BE(0);
        if (offset < 2 ** 31) return offset;
        const large = await read(offsets + 4 * count + 8 * (offset - 2 ** 31), 8);
        return Number(large.readBigUInt64BE(0));
      }
      if (order < 0) high = middle;
      else low = middle + 1;
    }
    return undefined;
  });
}

async function readPacked(
  pack: string,
  offset: number,
  objects: string,
  hashBytes: number,
  depth: number,
): Promise<Buffer | undefined> {
  if (depth > MAX_DEPTH) throw new RangeError('deltas on deltas without an end');
  const bytes = await withOpenFile(pack, {}, async ({ handle }) => {
    const piece = Buffer.alloc(MAX_BYTES);
    return piece.subarray(0, await readAtMost(handle, piece, offset));
  });
  const type = (bytes.readUInt8(0) >> 4) & 7;
  let at = 1;
  while ((bytes.readUInt8(at - 1) & 128) !== 0) at++;
  if (type === OF_DELTA) {
    const { value, next } = readVarint(bytes, at);
    const base = await readPacked(pack, offset - value, objects, hashBytes, depth + 1);
    return base && applyDelta(base, inflate(bytes.subarray(next)));
  }
  if (type === REF_DELTA) {
    const base = await readObject(objects, bytes.toString('hex', at, at + hashBytes));
    return base && applyDelta(base, inflate(bytes.subarray(at + hashBytes)));
  }
  return inflate(bytes.subarray(at));
}

/** Copies of parts of the base, and bytes of its own. */
function applyDelta(base: Buffer, delta: Buffer): Buffer {
  let at = 0;
  // Two lengths, the least significant 7 bits first.
  for (let lengths = 2; lengths > 0; lengths--) while ((delta.readUInt8(at++) & 128) !== 0);
  const parts: Buffer[] = [];
  let length = 0;
  while (at < delta.length) {
    const code = delta.readUInt8(at++);
    let part = delta.subarray(at, at + code);
    if ((code & 128) === 0) at += code;
    else {
      const number = (from: number, bytes: number): number => {
        let value = 0;
        for (let n = 0; n < bytes; n++)
          if (code & (1 << (from + n))) value += delta.readUInt8(at++) * 256 ** n;
        return value;
      };
      const start = number(0, 4);
      part = base.subarray(start, start + (number(4, 3) || 0x10000));
    }
    length += part.length;
    if (length > MAX_BYTES || part.length === 0) throw new RangeError('a delta makes no sense');
    parts.push(part);
  }
  return Buffer.concat(parts);
}
