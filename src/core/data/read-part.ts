import { PassThrough, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createInflate, createInflateRaw } from 'node:zlib';
import { M2atError, messageOf } from '../errors';
import { codeOf } from '../files/error-code';
import { readError, withOpenFile, type ReadOptions } from '../files/open-for-reading';

/** Bytes of a file that follow one another, perhaps packed. */
export interface FilePart {
  readonly file: string;
  readonly start: number;
  /** As they are in the file. */
  readonly bytes: number;
  /** `zlib`: with its header and checksum; `deflate`: without. Absent: as they are. */
  readonly packed?: 'zlib' | 'deflate' | undefined;
}

/** What is unpacked at once. */
const PIECE = 256 * 1024;

/**
 * Reads a part of a file in pieces, unpacked.
 * @param take gets one piece after the other, each of which is only as it is until it returns; true: it has enough
 * @throws M2atError `data` for a part that is damaged or can't be read; `cancelled`; what `take` throws
 */
export async function readPart(
  { file, start, bytes, packed }: FilePart,
  take: (piece: Uint8Array) => boolean | Promise<boolean>,
  o: Pick<ReadOptions, 'hint'> & { readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const options = { code: 'data', ...(o.hint === undefined ? {} : { hint: o.hint }) } as const;
  if (bytes === 0) return;
  const state: { enough: boolean; failed: boolean; failure?: unknown } = { enough: false, failed: false };
  try {
    await withOpenFile(file, options, ({ handle }) =>
      pipeline(
        handle.createReadStream({ start, end: start + bytes - 1, autoClose: false, highWaterMark: PIECE }),
        unpacking(packed),
        async (pieces: AsyncIterable<Buffer>) => {
          for await (const piece of pieces) {
            try {
              state.enough = await take(piece);
            } catch (error) {
              Object.assign(state, { failed: true, failure: error });
            }
            if (state.enough || state.failed) return;
          }
        },
        { ...(o.signal ? { signal: o.signal } : {}) },
      ),
    );
  } catch (error) {
    if (o.signal?.aborted) throw new M2atError('cancelled', 'loading was cancelled', { where: file });
    // Who has enough of a stream and leaves it makes it fail.
    if (!state.enough && !state.failed) throw explain(error, file, options);
  }
  if (state.failed) throw state.failure;
}

function unpacking(packed: FilePart['packed']): Transform {
  if (packed === undefined) return new PassThrough();
  return packed === 'zlib' ? createInflate({ chunkSize: PIECE }) : createInflateRaw({ chunkSize: PIECE });
}

function explain(error: unknown, file: string, options: ReadOptions & { readonly code: 'data' }): unknown {
  if (codeOf(error)?.startsWith('Z_') !== true) return readError(error, file, options);
  return new M2atError('data', `what is packed in it is damaged or ends early (${messageOf(error)})`, {
    where: file,
    hint: options.hint,
    cause: error,
  });
}
