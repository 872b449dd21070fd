import { stat } from 'node:fs/promises';
import path from 'node:path';
import * as zlib from 'node:zlib';
import { M2atError } from '../errors';
import { readError } from '../files/open-for-reading';
import { ByteQueue } from './byte-queue';
import { NPY_START_BYTES, parseNpyHeader, type NpyHeader } from './npy';
import type { NpzMember } from './npz';
import { readPart, type FilePart } from './read-part';

/** An array of numbers in a file: a `.npy`, or a member of a `.npz`. */
export interface StoredArray {
  /** For messages: the file, and which array of it. */
  readonly where: string;
  readonly header: NpyHeader;
  /** Where its `.npy` is. */
  readonly part: FilePart;
  /** CRC-32 of the `.npy`, where one is stored with it. */
  readonly crc?: number | undefined;
}

/** Rows that are given at once have so many bytes together, unless one alone has more. */
const PIECE = 256 * 1024;
/** A row is read as a whole: an image of 4096 x 4096 in colour as float64. */
const MAX_ROW_BYTES = 2 ** 29;

interface Options {
  readonly signal?: AbortSignal | undefined;
}

/** @throws M2atError `data` for a file that is missing, no `.npy`, truncated, or longer than its header says */
export async function openNpy(file: string, o: Options = {}): Promise<StoredArray> {
  const resolved = path.resolve(file);
  const { size } = await stat(resolved).catch((error: unknown) => {
    throw readError(error, file, { code: 'data' });
  });
  return withHeader({ where: file, part: { file: resolved, start: 0, bytes: size } }, size, o);
}

/** @throws M2atError as {@link openNpy} */
export function openNpzMember({ name, part, bytes, crc }: NpzMember, o: Options = {}): Promise<StoredArray> {
  return withHeader({ where: `${part.file}: ${name}`, part, crc }, bytes, o);
}

async function withHeader(
  array: Omit<StoredArray, 'header'>,
  bytes: number,
  { signal }: Options,
): Promise<StoredArray> {
  const { where, part } = array;
  const start = new Uint8Array(Math.min(bytes, NPY_START_BYTES));
  let filled = 0;
  await readPart(
    part,
    (piece) => {
      const wanted = piece.subarray(0, start.length - filled);
      start.set(wanted, filled);
      filled += wanted.length;
      return filled === start.length;
    },
    { signal },
  );
  const header = parseNpyHeader(start.subarray(0, filled), where);
  const expected = header.offset + header.bytes;
  if (bytes !== expected) {
    const problem = bytes < expected ? 'truncated' : 'longer than its header says';
    throw new M2atError('data', `${problem}: ${bytes} bytes, expected ${expected}`, { where });
  }
  return { ...array, header };
}

/** Bytes of an entry of the first axis. */
export function rowBytesOf({ shape, bytes }: NpyHeader): number {
  return bytes / Math.max(1, shape[0] ?? 1);
}

/**
 * Reads the first rows (entries of the first axis) of an array, one after the other.
 * @param take gets rows as their bytes are in the file, and the index of the first; they are only as they are until it returns
 * @throws M2atError `data` for an array that is damaged, ends early or is not as its CRC says; `cancelled`; what `take` throws
 */
export async function readRows(
  array: StoredArray,
  count: number,
  take: (rows: Uint8Array, first: number) => void,
  { signal }: Options = {},
): Promise<void> {
  const { where, header, part } = array;
  const rowBytes = rowBytesOf(header);
  if (count === 0 || rowBytes === 0) return;
  if (rowBytes > MAX_ROW_BYTES) {
    throw new M2atError('data', `entries of ${rowBytes} bytes; at most ${MAX_ROW_BYTES} are read`, { where });
  }
  const together = Math.max(1, Math.floor(PIECE / rowBytes));
  const queue = new ByteQueue(function* () {
    yield header.offset;
    for (let first = 0; first < count; first += together) {
      take(yield Math.min(together, count - first) * rowBytes, first);
    }
  });
  const end = header.offset + count * rowBytes;
  // To the end where all rows are wanted, for the CRC and for whatever comes after it.
  const check = count === header.shape[0] ? new WholeCheck(array) : undefined;
  const needed = part.packed === undefined ? { ...part, bytes: Math.min(part.bytes, end) } : part;
  await readPart(
    needed,
    (piece) => {
      check?.add(piece);
      return queue.push(piece) && !check;
    },
    { signal },
  );
  check?.end();
  if (!queue.done) throw new M2atError('data', `ends early; ${end} bytes are needed`, { where });
}

/** A `.npy` that is read from its first byte to its last: no more and no less than it should have, and its CRC. */
export class WholeCheck {
  private bytes = 0;
  private readonly sum: ReturnType<typeof checksumming>;

  constructor(private readonly array: StoredArray) {
    this.sum = array.crc === undefined ? undefined : checksumming();
  }

  /** @throws M2atError `data` for more than there should be */
  add(piece: Uint8Array): void {
    this.bytes += piece.length;
    if (this.bytes > this.expected) this.refuse('longer than its header says');
    this.sum?.add(piece);
  }

  /** @throws M2atError `data` */
  end(): void {
    if (this.bytes < this.expected)
      this.refuse(`ends after ${this.bytes} bytes, ${this.expected} are needed`);
    if (this.sum && this.sum.value() !== this.array.crc) this.refuse('is damaged: its CRC-32 is another one');
  }

  private get expected(): number {
    const { offset, bytes } = this.array.header;
    return offset + bytes;
  }

  private refuse(what: string): never {
    throw new M2atError('data', what, { where: this.array.where });
  }
}

/** A running CRC-32; undefined with a Node.js that has none. */
function checksumming(): { add(piece: Uint8Array): void; value(): number } | undefined {
  // Node.js 20.15 and newer.
  const { crc32 } = zlib as Partial<Pick<typeof zlib, 'crc32'>>;
  if (!crc32) return undefined;
  let value = 0;
  return {
    add: (piece) => {
      value = crc32(piece, value);
    },
    value: () => value,
  };
}
