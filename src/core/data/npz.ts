import { fromFdPromise, type Entry, type ZipFile } from 'yauzl';
import { M2atError, messageOf } from '../errors';
import { readError, withOpenFile } from '../files/open-for-reading';
import type { FilePart } from './read-part';

/** An array in a `.npz`, which is a zip of `.npy` files. */
export interface NpzMember {
  /** Without `.npy`. */
  readonly name: string;
  /** Where its `.npy` is. */
  readonly part: FilePart;
  /** Of the `.npy`, unpacked. */
  readonly bytes: number;
  /** CRC-32 of the `.npy`. */
  readonly crc: number;
}

const MAX_MEMBERS = 1000;
const STORED = 0;
const DEFLATED = 8;
const hint = 'Save the arrays with numpy.savez or numpy.savez_compressed.';

/**
 * The arrays of a `.npz` by their names, in its order, zip64 included. Nothing of them is read.
 * @throws M2atError `data` for a file that is missing, no zip, damaged, encrypted or packed in another way than NumPy does
 */
export async function listNpz(file: string): Promise<ReadonlyMap<string, NpzMember>> {
  const options = { code: 'data', hint } as const;
  try {
    return await withOpenFile(file, options, async ({ handle }) => {
      const zip = await fromFdPromise(handle.fd, { autoClose: false });
      if (zip.entryCount > MAX_MEMBERS) {
        throw new M2atError('data', `${zip.entryCount} members; at most ${MAX_MEMBERS} are read`, {
          where: file,
        });
      }
      const members = new Map<string, NpzMember>();
      for await (const entry of zip.eachEntry()) {
        if (!entry.fileName.endsWith('.npy')) continue;
        const member = await memberOf(file, zip, entry);
        members.set(member.name, member);
      }
      return members;
    });
  } catch (error) {
    if (error instanceof M2atError) throw error;
    const known = error instanceof Error && !('code' in error);
    if (!known) throw readError(error, file, options);
    throw new M2atError('data', `no .npz file that can be read (${messageOf(error)})`, {
      where: file,
      hint,
      cause: error,
    });
  }
}

async function memberOf(file: string, zip: ZipFile, entry: Entry): Promise<NpzMember> {
  const { fileName, compressionMethod, compressedSize, uncompressedSize, crc32 } = entry;
  if (entry.isEncrypted() || (compressionMethod !== STORED && compressionMethod !== DEFLATED)) {
    const what = entry.isEncrypted() ? 'is encrypted' : `is packed by method ${compressionMethod}`;
    throw new M2atError('data', `the member ${fileName} ${what}; deflated or stored ones are read`, {
      where: file,
      hint,
    });
  }
  const { fileDataStart: start } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
  const packed = compressionMethod === DEFLATED ? 'deflate' : undefined;
  return {
    name: fileName.slice(0, -'.npy'.length),
    part: { file, start, bytes: compressedSize, packed },
    bytes: uncompressedSize,
    crc: crc32,
  };
}
