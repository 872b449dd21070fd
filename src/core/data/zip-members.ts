import { fromFdPromise } from 'yauzl';
import { M2atError, messageOf } from '../errors';
import { codeOf } from '../files/error-code';
import { readError, withOpenFile } from '../files/open-for-reading';
import type { ZipMember } from './read-zip-member';

const STORED = 0;
const DEFLATED = 8;

/**
 * The files in a zip by their names, zip64 included. Nothing of them is read. Folders, and files that are encrypted or packed in
 * other ways than stored and deflated, are left out.
 * @throws M2atError `data` for a file that is missing, no zip, damaged, or has more members; `cancelled`
 */
export async function listZip(
  file: string,
  o: { readonly hint: string; readonly maxMembers: number; readonly signal?: AbortSignal | undefined },
): Promise<ReadonlyMap<string, ZipMember>> {
  const options = { code: 'data', hint: o.hint } as const;
  const refused = (what: string, cause?: unknown): M2atError =>
    new M2atError('data', what, { where: file, hint: o.hint, cause });
  try {
    return await withOpenFile(file, options, async ({ handle }) => {
      const zip = await fromFdPromise(handle.fd, { autoClose: false });
      if (zip.entryCount > o.maxMembers)
        throw refused(`${zip.entryCount} members; at most ${o.maxMembers} are read`);
      const members = new Map<string, ZipMember>();
      for await (const entry of zip.eachEntry()) {
        if (o.signal?.aborted) throw new M2atError('cancelled', 'loading was cancelled', { where: file });
        const { fileName, compressionMethod, compressedSize, relativeOffsetOfLocalHeader } = entry;
        const deflated = compressionMethod === DEFLATED;
        if (fileName.endsWith('/') || entry.isEncrypted() || !(deflated || compressionMethod === STORED))
          continue;
        if (members.has(fileName)) throw refused(`the member ${fileName} is there twice`);
        members.set(fileName, { header: relativeOffsetOfLocalHeader, bytes: compressedSize, deflated });
      }
      return members;
    });
  } catch (error) {
    if (error instanceof M2atError) throw error;
    if (codeOf(error) !== undefined) throw readError(error, file, options);
    throw refused(`no zip that can be read (${messageOf(error)})`, error);
  }
}
