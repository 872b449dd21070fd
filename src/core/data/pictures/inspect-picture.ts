import { readError, withOpenFile } from '../../files/open-for-reading';
import { assertAtMost } from '../../files/read-limited';
import { readAtMost } from '../../files/read-exactly';
import { M2atError } from '../../errors';
import { MAX_PICTURE_BYTES } from './picture';
import { readHeader, type PictureHeader } from './picture-header';

/** What a picture's file shows without decoding it. */
export interface Inspected {
  readonly width: number;
  readonly height: number;
  /** Of the file. */
  readonly bytes: number;
}

/** Most files have their header in so many bytes. */
const HEAD_BYTES = 4096;
const TAIL_BYTES = 64;

/**
 * Looks at both ends of a picture's file. Where they don't say that it is whole, it is decoded.
 * @param within the folder that it must lie in
 * @throws M2atError `data` for what is no picture that can be read
 */
export async function inspectPicture(file: string, within: string): Promise<Inspected> {
  const options = { code: 'data', within } as const;
  try {
    return await withOpenFile(file, options, async ({ handle, size }) => {
      assertAtMost(size, MAX_PICTURE_BYTES, file, options);
      const read = async (from: number, bytes: number): Promise<Buffer> => {
        const buffer = Buffer.allocUnsafe(bytes);
        return buffer.subarray(0, await readAtMost(handle, buffer, from));
      };
      const head = await read(0, Math.min(size, HEAD_BYTES));
      const header = readHeader(head, file);
      const inHead = size <= head.length;
      const tail = inHead ? head.subarray(-TAIL_BYTES) : await read(size - TAIL_BYTES, TAIL_BYTES);
      if (header && isWhole(header, size, tail)) {
        const { width, height } = header;
        return { width, height, bytes: size };
      }
      const { decodePicture } = await import('./decode-picture');
      const { width, height } = await decodePicture(inHead ? head : await read(0, size), file);
      return { width, height, bytes: size };
    });
  } catch (error) {
    if (!(error instanceof M2atError)) throw readError(error, file, options);
    throw error;
  }
}

/** Whether a file ends as its format does. */
function isWhole({ format, bytes }: PictureHeader, size: number, tail: Buffer): boolean {
  switch (format) {
    case 'jpeg':
      return tail.lastIndexOf(Buffer.of(0xff, 0xd9)) >= 0;
    case 'png':
      return tail.subarray(-8, -4).toString('latin1') === 'IEND';
    case 'webp':
    case 'pnm':
      return size >= bytes;
  }
}
