import path from 'node:path';
import type { RunProgress } from '../progress';
import { cacheFolder } from './cache-folder';
import { checkCifar10, readCifar10 } from './cifar10-files';
import { cifar10Classes, cifar10Source } from './cifar10-source';
import type { Dataset, Normalization } from './dataset';
import type { DatasetParameters } from './dataset-schema';
import { fetchCifar10 } from './fetch-cifar10';
import { VerifiedFiles } from './verified-files';

export interface LoadOptions {
  readonly onProgress?: ((progress: RunProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Mean and standard deviation of the 50,000 training images of CIFAR-10. */
const cifar10Normalization: Normalization = {
  mean: [0.4914, 0.4822, 0.4465],
  std: [0.247, 0.2435, 0.2616],
};

/**
 * Loads the images that an experiment asks for: from the folder that it names, else from the cache, which is
 * filled first if need be ({@link fetchCifar10}).
 * @throws M2atError `data` or `io` when the data set is missing, truncated, altered or out of reach; `cancelled`
 */
export async function loadDataset(
  { folder, trainCount, testCount }: DatasetParameters,
  o: LoadOptions = {},
): Promise<Dataset> {
  const { files } = cifar10Source;
  const [trainFiles, testFiles] = [files.slice(0, -1), files.slice(-1)];
  const from = folder === undefined ? await fetchCifar10(o) : path.resolve(folder);
  const needed = trainFiles.slice(0, Math.ceil(trainCount / 10_000));
  if (folder !== undefined) {
    await checkCifar10(from, [...needed, ...testFiles], new VerifiedFiles(cacheFolder()), o.signal);
  }
  const total = trainCount + testCount;
  const report = (done: number): void => {
    o.onProgress?.({ phase: 'load', done, total, unit: 'images', detail: 'cifar10' });
  };
  report(0);
  const train = await readCifar10(from, needed, trainCount, { signal: o.signal, onImages: report });
  const test = await readCifar10(from, testFiles, testCount, {
    signal: o.signal,
    onImages: (images) => {
      report(trainCount + images);
    },
  });
  return { name: 'cifar10', classNames: cifar10Classes, train, test, normalization: cifar10Normalization };
}
