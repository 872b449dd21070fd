import { inflateRawSync } from 'node:zlib';
import { M2atError, messageOf } from '../errors';
import { readError, withOpenFile } from '../files/open-for-reading';
import { readAtMost } from '../files/read-exactly';

/** A file in a zip. */
export interface ZipMember {
  /** Where its own header begins. */
  readonly header: number;
  /** As it is packed. */
  readonly bytes: number;
  readonly deflated: boolean;
}

/** A member's own header: its fixed part, and where the lengths of its name and of what follows are. */
const HEADER = { bytes: 30, signature: 0x04034b50, name: 26, extra: 28 } as const;
/** Names and what follows are seldom longer. */
const USUAL_NAME = 226;

/**
 * Reads a file out of a zip.
 * @param maxBytes that it has at most, unpacked
 * @throws M2atError `data` for one that is damaged, or larger
 */
export async function readZipMember(
  zip: string,
  { header, bytes, deflated }: ZipMember,
  maxBytes: number,
  hint: string,
): Promise<Buffer> {
  const options = { code: 'data', hint } as const;
  if (bytes > maxBytes) {
    throw new M2atError('data', `a member has ${bytes} bytes; at most ${maxBytes} are read`, {
      where: zip,
      hint,
    });
  }
  try {
    const packed = await withOpenFile(zip, options, async ({ handle }) => {
      const first = Buffer.allocUnsafe(HEADER.bytes + USUAL_NAME + bytes);
      const read = await readAtMost(handle, first, header);
      if (read < HEADER.bytes || first.readUInt32LE(0) !== HEADER.signature)
        throw new Error('there is no member here');
      const start = HEADER.bytes + first.readUInt16LE(HEADER.name) + first.readUInt16LE(HEADER.extra);
      if (read >= start + bytes) return first.subarray(start, start + bytes);
      const rest = Buffer.allocUnsafe(bytes);
      if ((await readAtMost(handle, rest, header + start)) < bytes) throw new Error('the file ends early');
      return rest;
    });
    return deflated ? inflateRawSync(packed, { maxOutputLength: maxBytes }) : packed;
  } catch (error) {
    if (error instanceof M2atError) throw error;
    if (error instanceof Error && 'syscall' in error) throw readError(error, zip, options);
    throw new M2atError('data', `a member can't be read (${messageOf(error)})`, {
      where: zip,
      hint,
      cause: error,
    });
  }
}
