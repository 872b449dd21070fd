import path from 'node:path';
import { M2atError } from '../../../errors';
import { layoutOf } from '../../array-layout';
import { cacheFolder } from '../../cache-folder';
import { checkFiles, type PublishedFile } from '../../check-files';
import { md5Of } from '../../checksum';
import type { CacheOptions, LoadOptions, OpenedDataset, Splits } from '../../dataset';
import { filesRoute } from '../../files-route';
import { fillCache } from '../../fill-cache';
import type { ImageSource } from '../../image-source';
import { listNpz, type NpzMember } from '../../npz';
import { openImages } from '../../open-images';
import { openNpzMember } from '../../stored-array';
import { readLabels } from '../../stored-labels';
import { VerifiedFiles } from '../../verified-files';
import type { MedMnistParameters } from './index';
import { fileStem, type MedMnistSet, type MedMnistSize } from './sets';

const hosts = ['https://zenodo.org/records/10519652/files/'];

/** Packed or not, a file has no more than its images, and some headers and labels. */
function publishedFile(set: MedMnistSet, size: MedMnistSize): PublishedFile {
  const { counts, channels, md5 } = set;
  const stem = fileStem(set);
  const images = counts.train + counts.val + counts.test;
  return {
    name: size === 28 ? `${stem}.npz` : `${stem}_${size}.npz`,
    maxBytes: images * (size * size * channels + 8) + 2 ** 20,
    checksum: md5Of(md5[size]),
  };
}

/** Makes sure that the file of a size is in the cache. @throws M2atError as {@link fillCache} */
export function fetchMedMnist(
  set: MedMnistSet,
  size: MedMnistSize,
  o: CacheOptions = {},
  from: readonly string[] = hosts,
): Promise<string> {
  const { name, title } = set;
  const file = publishedFile(set, size);
  return fillCache(
    {
      ...{ name, title, files: [file] },
      folder: size === 28 ? name : `${name}_${size}`,
      routes: [filesRoute(title, { hosts: from, query: '?download=1', files: [file] })],
      hint:
        `Check the network, or put ${file.name} into a folder yourself and name it in the experiment as ` +
        'dataset.folder.',
      space: `${Math.ceil(file.maxBytes / 1e6)} MB`,
    },
    o,
  );
}

/** Opens the three splits of a file; `val` is what a training evaluates on. */
export async function openMedMnist(
  set: MedMnistSet,
  { folder, size, trainCount, testCount }: MedMnistParameters,
  o: LoadOptions,
): Promise<Splits & Pick<OpenedDataset, 'validation'>> {
  const published = publishedFile(set, size);
  const hint = `Expected ${published.name} of MedMNIST. Leave dataset.folder out to have it fetched.`;
  const from = folder === undefined ? await fetchMedMnist(set, size, o) : path.resolve(folder);
  if (folder !== undefined) {
    await checkFiles(from, [published], { hint }, new VerifiedFiles(cacheFolder()), o.signal);
  }
  const file = path.join(from, published.name);
  const members = await listNpz(file);
  const open = (split: string, count?: number) => openSplit(set, size, { file, members, split, count }, o);
  return {
    train: await open('train', trainCount),
    test: await open('test', testCount),
    validation: await open('val'),
  };
}

async function openSplit(
  { title, channels, classNames }: MedMnistSet,
  size: MedMnistSize,
  {
    file,
    members,
    split,
    count,
  }: {
    readonly file: string;
    readonly members: ReadonlyMap<string, NpzMember>;
    readonly split: string;
    readonly count: number | undefined;
  },
  o: LoadOptions,
): Promise<ImageSource> {
  const member = async (name: string) => {
    const found = members.get(name);
    if (found) return openNpzMember(found, o);
    const what = `no array ${name} in it, only ${[...members.keys()].join(', ') || 'none at all'}`;
    throw new M2atError('data', what, { where: file });
  };
  const array = await member(`${split}_images`);
  const layout = layoutOf(array.header, [null, null, null], array.where);
  const found = [layout.height, layout.width, layout.channels].join(' x ');
  const expected = [size, size, channels].join(' x ');
  if (found !== expected) {
    throw new M2atError('data', `images of ${found}, expected ${expected}`, { where: array.where });
  }
  const [images = 0] = array.header.shape;
  if (count !== undefined && images < count) {
    throw new M2atError('data', `${images} images, ${count} were asked for`, { where: array.where });
  }
  const classes = { count: classNames.length, said: `${title} has ${classNames.length} classes` };
  const labels = await readLabels(await member(`${split}_labels`), images, classes, o);
  const { source } = await openImages({ split, array, layout, labels }, { ...o, count: count ?? images });
  return source;
}
