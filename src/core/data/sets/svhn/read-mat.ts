import { M2atError } from '../../../errors';
import { withOpenFile } from '../../../files/open-for-reading';
import { readExactly } from '../../../files/read-exactly';
import { ByteQueue } from '../../byte-queue';
import { readPart, type FilePart } from '../../read-part';

/** How the numbers of an array are stored, whatever class MATLAB gave it: bytes of each, and one of them. */
const storages = new Map([
  [1, { name: 'int8', bytes: 1, at: (view: DataView, i: number) => view.getInt8(i) }],
  [2, { name: 'uint8', bytes: 1, at: (view: DataView, i: number) => view.getUint8(i) }],
  [3, { name: 'int16', bytes: 2, at: (view: DataView, i: number) => view.getInt16(2 * i, true) }],
  [4, { name: 'uint16', bytes: 2, at: (view: DataView, i: number) => view.getUint16(2 * i, true) }],
  [5, { name: 'int32', bytes: 4, at: (view: DataView, i: number) => view.getInt32(4 * i, true) }],
  [6, { name: 'uint32', bytes: 4, at: (view: DataView, i: number) => view.getUint32(4 * i, true) }],
  [7, { name: 'single', bytes: 4, at: (view: DataView, i: number) => view.getFloat32(4 * i, true) }],
  [9, { name: 'double', bytes: 8, at: (view: DataView, i: number) => view.getFloat64(8 * i, true) }],
]);

export interface MatArray {
  readonly name: string;
  /** The first one varies fastest. */
  readonly dimensions: readonly number[];
  readonly storage: NonNullable<ReturnType<(typeof storages)['get']>>;
}

/** What is wanted of an array: the first `count` items of `bytes` each, in the order of the file. */
export interface MatItems {
  readonly count: number;
  readonly bytes: number;
  /** @param item only as it is until this returns */
  take(item: Uint8Array, index: number): void;
}

interface Options {
  readonly hint: string;
  readonly signal?: AbortSignal | undefined;
}

const HEADER_BYTES = 128;
const TAG_BYTES = 8;
const MATRIX = 14;
const COMPRESSED = 15;
/** Classes of arrays of numbers: double to uint64. */
const isNumeric = (kind: number): boolean => kind >= 6 && kind <= 15;
const MAX_VARIABLES = 1000;
const MAX_RANK = 8;
const MAX_NAME_BYTES = 256;

/**
 * Reads arrays of numbers out of a MATLAB file of level 5 ("MAT-File Format", MathWorks), compressed or not. They are
 * unpacked as they are read: no more than an item is in memory.
 * @param visit what is wanted of an array; undefined: nothing
 * @param enough asked after each array; true: no more are read
 * @throws M2atError `data` for another file, damage, an array that ends early; `cancelled`; what `visit` throws
 */
export async function readMat(
  file: string,
  visit: (array: MatArray) => MatItems | undefined,
  enough: () => boolean,
  { hint, signal }: Options,
): Promise<void> {
  const wrong = (what: string): M2atError => new M2atError('data', what, { where: file, hint });
  for (const part of await variablesOf(file, hint, wrong)) {
    const queue = new ByteQueue(() => readMatrix(visit, wrong));
    await readPart(part, (piece) => queue.push(piece), { hint, signal });
    if (!queue.done) throw wrong('an array ends early');
    if (enough()) return;
  }
}

/** The parts of the file that hold a variable each. */
function variablesOf(
  file: string,
  hint: string,
  wrong: (what: string) => M2atError,
): Promise<readonly FilePart[]> {
  const options = { code: 'data', hint } as const;
  return withOpenFile(file, options, async ({ handle, size }) => {
    const header = new Uint8Array(HEADER_BYTES);
    await readExactly(handle, header, 0, file, options);
    assertLevel5(header, wrong);
    const parts: FilePart[] = [];
    const tag = new Uint8Array(TAG_BYTES);
    for (let start = HEADER_BYTES; start < size;) {
      await readExactly(handle, tag, start, file, options);
      const view = viewOf(tag);
      const [type, bytes] = [view.getUint32(0, true), view.getUint32(4, true)];
      const end = start + TAG_BYTES + bytes;
      if (end > size) throw wrong(`the file ends early: ${size} bytes, at least ${end} are needed`);
      if (type === COMPRESSED) parts.push({ file, start: start + TAG_BYTES, bytes, packed: 'zlib' });
      if (type === MATRIX) parts.push({ file, start, bytes: TAG_BYTES + bytes });
      if (parts.length > MAX_VARIABLES || bytes === 0) throw wrong('no variables that MATLAB writes');
      start = end;
    }
    return parts;
  });
}

function assertLevel5(header: Uint8Array, wrong: (what: string) => M2atError): void {
  const text = Buffer.from(header.buffer, header.byteOffset, 116).toString('latin1');
  const version = header[125];
  if (text.startsWith('MATLAB 7.3') || (header[126] === 0x49 && version === 2)) {
    throw wrong('a MATLAB 7.3 file, which is HDF5; level 5 is expected');
  }
  if (header[126] === 0x4d && header[127] === 0x49) throw wrong('a MATLAB file of a big-endian machine');
  if (version !== 1 || header[126] !== 0x49 || header[127] !== 0x4d) {
    throw wrong('no MATLAB file of level 5');
  }
}

/** Asks for the bytes of one variable. */
function* readMatrix(
  visit: (array: MatArray) => MatItems | undefined,
  wrong: (what: string) => M2atError,
): Generator<number, void, Uint8Array> {
  const type = viewOf(yield TAG_BYTES).getUint32(0, true);
  if (type !== MATRIX) return;
  const flags = yield* readElement(8, wrong);
  if (flags.length !== 8) throw wrong('an array without its kind');
  const kind = flags[0] ?? 0;
  if (!isNumeric(kind)) return;
  const sizes = viewOf(yield* readElement(4 * MAX_RANK, wrong));
  const dimensions = Array.from({ length: sizes.byteLength / 4 }, (_, n) => sizes.getInt32(4 * n, true));
  const name = Buffer.from(yield* readElement(MAX_NAME_BYTES, wrong)).toString('latin1');
  const { type: stored, bytes, own } = parseTag(yield TAG_BYTES, wrong);
  const storage = storages.get(stored);
  const count = dimensions.reduce((product, dimension) => product * dimension, 1);
  if (!storage || dimensions.some((dimension) => dimension < 0) || count * storage.bytes !== bytes) {
    throw wrong(`the array ${name} of ${dimensions.join(' x ')} numbers has ${bytes} bytes of another kind`);
  }
  const wanted = visit({ name, dimensions, storage });
  if (!wanted) return;
  if (wanted.count * wanted.bytes > bytes) throw wrong(`the array ${name} has too few numbers`);
  // Up to four bytes are in the tag itself.
  const small = own?.slice();
  for (let n = 0; n < wanted.count; n++) {
    wanted.take(small?.subarray(n * wanted.bytes, (n + 1) * wanted.bytes) ?? (yield wanted.bytes), n);
  }
}

/** The bytes of an element, which is filled up to a multiple of eight. */
function* readElement(
  most: number,
  wrong: (what: string) => M2atError,
): Generator<number, Uint8Array, Uint8Array> {
  const { bytes, own } = parseTag(yield TAG_BYTES, wrong);
  if (own) return own.slice();
  if (bytes > most) throw wrong(`${bytes} bytes where at most ${most} can be`);
  if (bytes === 0) return new Uint8Array();
  return (yield Math.ceil(bytes / 8) * 8).slice(0, bytes);
}

/** Type and length of an element, and its bytes where they are in the tag. */
function parseTag(
  tag: Uint8Array,
  wrong: (what: string) => M2atError,
): { readonly type: number; readonly bytes: number; readonly own?: Uint8Array } {
  const view = viewOf(tag);
  const first = view.getUint32(0, true);
  const small = first >>> 16;
  if (small === 0) return { type: first, bytes: view.getUint32(4, true) };
  if (small > 4) throw wrong(`a short element of ${small} bytes`);
  return { type: first & 0xffff, bytes: small, own: tag.subarray(4, 4 + small) };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
