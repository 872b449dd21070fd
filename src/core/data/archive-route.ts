import path from 'node:path';
import { withOpenFile } from '../files/open-for-reading';
import type { PublishedFile } from './check-files';
import type { Checksum } from './checksum';
import { CONNECT_TIMEOUT, downloadFile } from './download';
import { downloadProgress } from './download-progress';
import type { Route } from './fill-cache';
import { extractTarGz } from './tar-gz';

/** Where a .tar.gz with the files is. */
export interface PublishedArchive {
  readonly urls: readonly string[];
  readonly checksum: Checksum;
  /** Its size. */
  readonly bytes: number;
  /** Folder inside the archive. */
  readonly folder: string;
  /** How long to wait for a host to answer, ms. */
  readonly connectTimeout?: number;
}

/** Downloads an archive and takes the files out of it. */
export function archiveRoute(
  title: string,
  { urls, checksum, bytes, folder, connectTimeout = CONNECT_TIMEOUT }: PublishedArchive,
  files: readonly PublishedFile[],
): Route {
  return async (target, { signal, onProgress }) => {
    const report = downloadProgress(title, bytes, onProgress);
    report(0);
    const download = {
      urls,
      checksum,
      maxBytes: bytes,
      exact: true,
      connectTimeout,
      signal,
      onBytes: report,
    };
    const archive = await downloadFile(download, target);
    await withOpenFile(archive, {}, ({ handle }) =>
      extractTarGz(
        handle.createReadStream({ autoClose: false }),
        urls[0] ?? archive,
        files.map(({ name, maxBytes }) => ({
          name: `${folder}/${name}`,
          target: path.join(target.complete, name),
          maxBytes,
        })),
        signal,
      ),
    );
  };
}
