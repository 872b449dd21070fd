import { existsSync } from 'node:fs';
import path from 'node:path';
import { M2atError } from '../../../errors';
import { cacheFolder } from '../../cache-folder';
import { checkFiles, type PublishedFile } from '../../check-files';
import { md5Of } from '../../checksum';
import type { CacheOptions, LoadOptions, Splits } from '../../dataset';
import type { CountedParameters } from '../../define-dataset';
import { filesRoute } from '../../files-route';
import { fillCache } from '../../fill-cache';
import { memoryImages, type MemoryImages } from '../../memory-images';
import { VerifiedFiles } from '../../verified-files';
import { mnistFiles, mnistSide, type MnistLike } from './mnist-like';
import { readIdx } from './read-idx';

/** The largest file of the family has 26 MB. */
const MAX_FILE_BYTES = 64 * 2 ** 20;

const hint =
  `Expected ${mnistFiles.join(', ')}, or the same files unpacked, without .gz. Leave dataset.folder out to have ` +
  'them fetched.';

function publishedFiles({ md5 }: MnistLike): PublishedFile[] {
  return mnistFiles.map((name, n) => ({
    name,
    maxBytes: MAX_FILE_BYTES,
    checksum: md5Of(md5[n] ?? ''),
  }));
}

/** Makes sure that the four files are in the cache. @throws M2atError as {@link fillCache} */
export function fetchMnistLike(set: MnistLike, o: CacheOptions = {}): Promise<string> {
  const { name, title, hosts } = set;
  const files = publishedFiles(set);
  return fillCache(
    {
      ...{ name, title, folder: name, files },
      routes: [filesRoute(title, { hosts, files })],
      hint:
        `Check the network, or put ${mnistFiles[0]} and the other three into a folder yourself and name it in the ` +
        'experiment as dataset.folder.',
      space: '100 MB',
    },
    o,
  );
}

/** Reads the images into memory: from the folder that is named, else from the cache, which is filled first if need be. */
export async function openMnistLike(
  set: MnistLike,
  { name, folder, trainCount, testCount }: CountedParameters,
  o: LoadOptions,
): Promise<Splits> {
  const from = folder === undefined ? await fetchMnistLike(set, o) : path.resolve(folder);
  const names = mnistFiles.map((file) => (folder === undefined ? file : nameIn(from, file)));
  if (folder !== undefined) {
    const packed = publishedFiles(set).filter((file) => names.includes(file.name));
    await checkFiles(from, packed, { hint }, new VerifiedFiles(cacheFolder()), o.signal);
  }
  const [trainImages = '', trainLabels = '', testImages = '', testLabels = ''] = names.map((file) =>
    path.join(from, file),
  );
  const total = trainCount + testCount;
  const report = (done: number): void => {
    o.onProgress?.({ phase: 'load', done, total, unit: 'images', detail: name });
  };
  report(0);
  const classes = set.classNames.length;
  const train = await readSplit(
    'train',
    { images: trainImages, labels: trainLabels },
    trainCount,
    classes,
    o,
  );
  report(trainCount);
  const test = await readSplit('test', { images: testImages, labels: testLabels }, testCount, classes, o);
  report(total);
  return { train, test };
}

async function readSplit(
  split: keyof Splits,
  files: { readonly images: string; readonly labels: string },
  count: number,
  classes: number,
  { signal }: LoadOptions,
): Promise<MemoryImages> {
  const options = { hint, signal };
  const images = await readIdx(files.images, { item: [mnistSide, mnistSide], count }, options);
  const read = await readIdx(files.labels, { item: [], count }, options);
  const labels = new Int32Array(new SharedArrayBuffer(count * Int32Array.BYTES_PER_ELEMENT));
  for (const [n, label] of read.entries()) {
    if (label >= classes) {
      const what = `image ${n} has the label ${label}; 0 to ${classes - 1} are possible`;
      throw new M2atError('data', what, { where: files.labels, hint });
    }
    labels[n] = label;
  }
  const size = { height: mnistSide, width: mnistSide, channels: 1 };
  return memoryImages({ split, count, ...size, images, labels });
}

/** The file as it was published, or unpacked. */
function nameIn(folder: string, file: string): string {
  const unpacked = file.replace(/\.gz$/, '');
  return !existsSync(path.join(folder, file)) && existsSync(path.join(folder, unpacked)) ? unpacked : file;
}
