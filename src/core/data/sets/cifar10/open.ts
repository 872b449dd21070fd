import path from 'node:path';
import { cacheFolder } from '../../cache-folder';
import { checkFiles } from '../../check-files';
import type { LoadOptions, Splits } from '../../dataset';
import type { CountedParameters } from '../../define-dataset';
import { VerifiedFiles } from '../../verified-files';
import { readSplits } from '../cifar/read-records';
import { fetchCifar10 } from './fetch';
import { cifar10Format, cifar10Source, publishedFiles } from './source';

/** Reads the images into memory: from the folder that is named, else from the cache, which is filled first if need be. */
export async function openCifar10(
  { name, folder, trainCount, testCount }: CountedParameters,
  o: LoadOptions,
): Promise<Splits> {
  const { files } = cifar10Source;
  const train = files.slice(0, Math.ceil(trainCount / 10_000));
  const test = files.slice(-1);
  const from = folder === undefined ? await fetchCifar10(o) : path.resolve(folder);
  if (folder !== undefined) {
    const needed = publishedFiles([...train, ...test]);
    await checkFiles(from, needed, cifar10Format, new VerifiedFiles(cacheFolder()), o.signal);
  }
  const splits = { train: { files: train, count: trainCount }, test: { files: test, count: testCount } };
  return readSplits(from, name, cifar10Format, splits, o);
}
