import path from 'node:path';
import { cacheFolder } from '../../cache-folder';
import { checkFiles, type PublishedFile } from '../../check-files';
import { md5Of } from '../../checksum';
import type { CacheOptions, LoadOptions, Splits } from '../../dataset';
import type { CountedParameters } from '../../define-dataset';
import { filesRoute } from '../../files-route';
import { fillCache } from '../../fill-cache';
import { VerifiedFiles } from '../../verified-files';
import { readSvhn } from './read-svhn';

export interface SvhnSource {
  readonly train: PublishedFile;
  readonly test: PublishedFile;
  readonly hosts: readonly string[];
}

/** Cropped digits ("format 2"); checksums as torchvision has them. */
export const svhnSource: SvhnSource = {
  train: {
    name: 'train_32x32.mat',
    ...{ maxBytes: 182_040_794, exact: true, checksum: md5Of('e26dedcc434d2e4c54c9b2d4a06d8373') },
  },
  test: {
    name: 'test_32x32.mat',
    ...{ maxBytes: 64_275_384, exact: true, checksum: md5Of('eb5a983be6a315427106f1b164d9cef3') },
  },
  hosts: ['http://ufldl.stanford.edu/housenumbers/'],
};

const hint =
  'Expected train_32x32.mat and test_32x32.mat, the cropped digits of SVHN. Leave dataset.folder out to have them fetched.';

/** Makes sure that SVHN is in the cache. @throws M2atError as {@link fillCache} */
export function fetchSvhn(o: CacheOptions = {}, { train, test, hosts } = svhnSource): Promise<string> {
  const files = [train, test];
  return fillCache(
    {
      ...{ name: 'svhn', title: 'SVHN', folder: 'svhn', files },
      routes: [filesRoute('SVHN', { hosts, files })],
      hint:
        'Check the network, or put train_32x32.mat and test_32x32.mat into a folder yourself and name it in the ' +
        'experiment as dataset.folder.',
      space: '250 MB',
    },
    o,
  );
}

/** Reads the images into memory: from the folder that is named, else from the cache, which is filled first if need be. */
export async function openSvhn(
  { name, folder, trainCount, testCount }: CountedParameters,
  o: LoadOptions,
  source = svhnSource,
): Promise<Splits> {
  const from = folder === undefined ? await fetchSvhn(o, source) : path.resolve(folder);
  if (folder !== undefined) {
    const files = [source.train, source.test];
    await checkFiles(from, files, { hint }, new VerifiedFiles(cacheFolder()), o.signal);
  }
  const total = trainCount + testCount;
  const report = (done: number): void => {
    o.onProgress?.({ phase: 'load', done, total, unit: 'images', detail: name });
  };
  report(0);
  const { signal } = o;
  const read = (split: keyof Splits, count: number, before: number) =>
    readSvhn(path.join(from, source[split].name), {
      ...{ split, count, hint, signal },
      onImages: (images) => {
        report(before + images);
      },
    });
  const train = await read('train', trainCount, 0);
  const test = await read('test', testCount, trainCount);
  report(total);
  return { train, test };
}
