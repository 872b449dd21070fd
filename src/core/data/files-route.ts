import { rename } from 'node:fs/promises';
import path from 'node:path';
import type { PublishedFile } from './check-files';
import { CONNECT_TIMEOUT, downloadFile } from './download';
import { downloadProgress } from './download-progress';
import type { Route } from './fill-cache';

export interface FilesRoute {
  /** What the name of a file is put behind: one a host, in the order in which they are asked. */
  readonly hosts: readonly string[];
  readonly files: readonly PublishedFile[];
  /** What follows the name in an address. */
  readonly query?: string;
  /** How long to wait for a host to answer, ms. */
  readonly connectTimeout?: number;
}

/** Downloads the files as they are, one after the other. */
export function filesRoute(
  title: string,
  { hosts, files, query = '', connectTimeout = CONNECT_TIMEOUT }: FilesRoute,
): Route {
  return async (target, { signal, onProgress }) => {
    for (const [n, { name, maxBytes, exact, checksum }] of files.entries()) {
      const what = `${title}, file ${n + 1} of ${files.length}`;
      const report = downloadProgress(what, exact === true ? maxBytes : undefined, onProgress);
      report(0);
      const urls = hosts.map((host) => host + name + query);
      const download = { urls, checksum, maxBytes, connectTimeout, signal, onBytes: report };
      await rename(await downloadFile(download, target), path.join(target.complete, name));
    }
  };
}
