import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { M2atError, messageOf } from '../../../errors';
import { codeOf } from '../../../files/error-code';
import { readError, withOpenFile } from '../../../files/open-for-reading';

export interface IdxExpected {
  /** Of one item: [height, width], or [] for a label. */
  readonly item: readonly number[];
  readonly count: number;
}

/** `0x08`: unsigned bytes, of which all files of this family are. */
const UNSIGNED_BYTES = 8;

/**
 * Reads the first items of an IDX file, gzipped where its name ends so: two zeros, a type, a rank, the dimensions as
 * big-endian 32-bit numbers, the values. No more is unpacked than is needed. LeCun, Cortes and Burges, "The MNIST database".
 * @returns their values, in memory that threads share
 * @throws M2atError `data` for no such file, another type or shape, fewer items, damage; `cancelled`
 */
export async function readIdx(
  file: string,
  { item, count }: IdxExpected,
  options: { readonly hint: string; readonly signal?: AbortSignal | undefined },
): Promise<Uint8Array<SharedArrayBuffer>> {
  const { hint, signal } = options;
  const wrong = (what: string): M2atError => new M2atError('data', what, { where: file, hint });
  const size = item.reduce((product, side) => product * side, 1);
  const header = new Uint8Array(4 + 4 * (1 + item.length));
  const data = new Uint8Array(new SharedArrayBuffer(count * size));
  const end = header.length + data.length;
  let position = 0;
  let failure: string | undefined;
  const take = (chunk: Uint8Array): void => {
    for (const [into, start] of [[header, 0] as const, [data, header.length] as const]) {
      const from = Math.max(position, start);
      const to = Math.min(position + chunk.length, start + into.length);
      if (from < to) into.set(chunk.subarray(from - position, to - position), from - start);
    }
    const isRead = position < header.length && position + chunk.length >= header.length;
    position += chunk.length;
    if (isRead) failure = headerFailure(header, { item, count });
  };
  try {
    await withOpenFile(file, { code: 'data', hint }, async ({ handle }) => {
      const stream = handle.createReadStream({ autoClose: false });
      const unpacked = file.endsWith('.gz') ? createGunzip() : new PassThrough();
      await pipeline(
        stream,
        unpacked,
        async (chunks: AsyncIterable<Buffer>) => {
          for await (const chunk of chunks) {
            take(chunk);
            if (failure !== undefined || position >= end) return;
          }
        },
        { ...(signal ? { signal } : {}) },
      );
    });
  } catch (error) {
    if (signal?.aborted) throw new M2atError('cancelled', 'loading was cancelled', { where: file });
    // Who has enough of a stream and leaves it makes it fail.
    if (failure === undefined && position < end) {
      if (error instanceof M2atError) throw error;
      if (codeOf(error)?.startsWith('Z_') === true) throw wrong(`no whole gzip file (${messageOf(error)})`);
      throw readError(error, file, { code: 'data', hint });
    }
  }
  if (failure !== undefined) throw wrong(failure);
  if (position < end) throw wrong('the file ends early');
  return data;
}

/** What is wrong with a header; undefined where nothing is. */
function headerFailure(header: Uint8Array, { item, count }: IdxExpected): string | undefined {
  const [zero, zeroAgain, type, rank] = header;
  if (zero !== 0 || zeroAgain !== 0 || type !== UNSIGNED_BYTES || rank !== 1 + item.length) {
    return `no IDX file of unsigned bytes in ${1 + item.length} dimensions`;
  }
  const [items = 0, ...sides] = shapeOf(header);
  if (sides.join() !== item.join()) {
    return `items of ${sides.join(' x ')} values, expected ${item.join(' x ')}`;
  }
  return items < count ? `${items} items, ${count} were asked for` : undefined;
}

function shapeOf(header: Uint8Array): number[] {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  return Array.from({ length: (header.length - 4) / 4 }, (_, n) => view.getUint32(4 + 4 * n));
}
