import path from 'node:path';
import { cacheFolder } from '../../cache-folder';
import type { LoadOptions, Splits } from '../../dataset';
import type { DatasetParameters } from '../../define-dataset';
import { memoryImages } from '../../memory-images';
import { VerifiedFiles } from '../../verified-files';
import { fetchCifar10 } from './fetch';
import { checkCifar10, readCifar10 } from './files';
import { cifar10Source } from './source';

/** Reads the images into memory: from the folder that is named, else from the cache, which is filled first if need be. */
export async function openCifar10(
  { name, folder, trainCount, testCount }: DatasetParameters,
  o: LoadOptions,
): Promise<Splits> {
  const { files } = cifar10Source;
  const [trainFiles, testFiles] = [files.slice(0, -1), files.slice(-1)];
  const from = folder === undefined ? await fetchCifar10(o) : path.resolve(folder);
  const needed = trainFiles.slice(0, Math.ceil(trainCount / 10_000));
  if (folder !== undefined) {
    await checkCifar10(from, [...needed, ...testFiles], new VerifiedFiles(cacheFolder()), o.signal);
  }
  const total = trainCount + testCount;
  const report = (done: number): void => {
    o.onProgress?.({ phase: 'load', done, total, unit: 'images', detail: name });
  };
  report(0);
  const train = await readCifar10(from, needed, trainCount, { signal: o.signal, onImages: report });
  const test = await readCifar10(from, testFiles, testCount, {
    signal: o.signal,
    onImages: (images) => {
      report(trainCount + images);
    },
  });
  return {
    train: memoryImages({ split: 'train', ...train }),
    test: memoryImages({ split: 'test', ...test }),
  };
}
