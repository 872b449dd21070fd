import path from 'node:path';
import { archiveRoute, type PublishedArchive } from '../../archive-route';
import { cacheFolder } from '../../cache-folder';
import { checkFiles, type PublishedFile } from '../../check-files';
import { md5Of } from '../../checksum';
import type { CacheOptions, LoadOptions, Splits } from '../../dataset';
import type { CountedParameters } from '../../define-dataset';
import { fillCache } from '../../fill-cache';
import { VerifiedFiles } from '../../verified-files';
import { readSplits, recordBytesOf, type CifarFormat } from '../cifar/read-records';

/** A superclass, a class, an image. */
export const cifar100Format: CifarFormat = {
  labelBytes: 2,
  classes: 100,
  hint:
    'Expected the CIFAR-100 binary version: train.bin with 153700000 bytes and test.bin with 30740000. Leave ' +
    'dataset.folder out to have it fetched.',
};

export interface Cifar100Source {
  readonly train: PublishedFile;
  readonly test: PublishedFile;
  readonly archive: PublishedArchive;
}

const published = (name: string, records: number, md5: string): PublishedFile => ({
  name,
  maxBytes: records * recordBytesOf(cifar100Format),
  exact: true,
  checksum: md5Of(md5),
});

export const cifar100Source: Cifar100Source = {
  train: published('train.bin', 50_000, '6172c7755cfe09b2fe270c85cebc1b15'),
  test: published('test.bin', 10_000, '4499cfba6c016c1be1438163640a0898'),
  archive: {
    urls: ['https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz'],
    bytes: 168_513_733,
    checksum: md5Of('03b5dce01913d631647c71ecec9e9cb8'),
    folder: 'cifar-100-binary',
  },
};

/** Makes sure that CIFAR-100 is in the cache. @throws M2atError as {@link fillCache} */
export function fetchCifar100(o: CacheOptions = {}, source = cifar100Source): Promise<string> {
  const files = [source.train, source.test];
  return fillCache(
    {
      name: 'cifar100',
      title: 'CIFAR-100',
      folder: 'cifar-100-binary',
      files,
      routes: [archiveRoute('CIFAR-100', source.archive, files)],
      hint:
        'Check the network, or put the binary version (train.bin, test.bin) into a folder yourself and name it in the ' +
        'experiment as dataset.folder.',
      space: '550 MB',
    },
    o,
  );
}

/** Reads the images into memory: from the folder that is named, else from the cache, which is filled first if need be. */
export async function openCifar100(
  { name, folder, trainCount, testCount }: CountedParameters,
  o: LoadOptions,
  source = cifar100Source,
): Promise<Splits> {
  const from = folder === undefined ? await fetchCifar100(o, source) : path.resolve(folder);
  const { train, test } = source;
  if (folder !== undefined) {
    await checkFiles(from, [train, test], cifar100Format, new VerifiedFiles(cacheFolder()), o.signal);
  }
  const part = ({ name: file }: PublishedFile, count: number) => ({
    files: [{ name: file, records: count }],
    count,
  });
  return readSplits(
    from,
    name,
    cifar100Format,
    { train: part(train, trainCount), test: part(test, testCount) },
    o,
  );
}
