import { existsSync } from 'node:fs';
import path from 'node:path';
import { M2atError } from '../../../errors';
import { readError } from '../../../files/open-for-reading';
import { readLimited } from '../../../files/read-limited';
import { cacheFolder } from '../../cache-folder';
import { checkFiles, type PublishedFile } from '../../check-files';
import { md5Of } from '../../checksum';
import type { CacheOptions, LoadOptions, Splits } from '../../dataset';
import type { CountedParameters } from '../../define-dataset';
import { filesRoute } from '../../files-route';
import { fillCache } from '../../fill-cache';
import { pictureSource } from '../../pictures/picture-source';
import { zipStore, type PictureStore } from '../../pictures/picture-store';
import { readZipMember } from '../../read-zip-member';
import { VerifiedFiles } from '../../verified-files';
import { listZip } from '../../zip-members';
import { classIds } from './classes';

/** Where the archive is, and what is in it. Tests have a smaller one. */
export interface TinyImagenetSource {
  readonly file: PublishedFile;
  readonly hosts: readonly string[];
  /** Training images of each class. */
  readonly perClass: number;
  readonly testCount: number;
}

export const published: TinyImagenetSource = {
  file: {
    name: 'tiny-imagenet-200.zip',
    maxBytes: 248_100_043,
    exact: true,
    checksum: md5Of('90528d7ca1a48142e341f4ef8d21d0de'),
  },
  hosts: ['http://cs231n.stanford.edu/', 'https://cs231n.stanford.edu/'],
  perClass: 500,
  testCount: 10_000,
};

const inside = 'tiny-imagenet-200';
const annotations = 'val/val_annotations.txt';
/** 120,000 pictures, the boxes of each class, and folders. */
const MAX_MEMBERS = 150_000;
/** A line for each test image. */
const MAX_ANNOTATIONS = 2 ** 22;
const hint =
  `Expected ${published.file.name} as it was published, or what it unpacks to. Leave dataset.folder out to have it ` +
  'fetched.';

/** Makes sure that the archive is in the cache, as it is. @throws M2atError as {@link fillCache} */
export function fetchTinyImagenet(
  o: CacheOptions = {},
  { file, hosts }: Pick<TinyImagenetSource, 'file' | 'hosts'> = published,
): Promise<string> {
  const title = 'Tiny ImageNet';
  return fillCache(
    {
      ...{ name: 'tiny-imagenet', title, folder: 'tiny-imagenet', files: [file] },
      routes: [filesRoute(title, { hosts, files: [file] })],
      hint: `Check the network, or put ${file.name} into a folder yourself and name it in the experiment as dataset.folder.`,
      space: '300 MB',
    },
    o,
  );
}

/**
 * Lists the pictures, which stay in the archive, or in the folder that it was unpacked to. Training images are in turn of each
 * class, so that the first N are of all.
 * @throws M2atError `data` for an archive that is missing or altered, or has other files than it should; `cancelled`
 */
export async function openTinyImagenet(
  { folder, trainCount, testCount }: CountedParameters,
  o: LoadOptions,
  source: TinyImagenetSource = published,
): Promise<Splits> {
  const place = await openPlace(folder, source, o);
  const train = Array.from({ length: source.perClass * classIds.length }, (_, n) => {
    const label = n % classIds.length;
    const id = classIds[label] ?? '';
    return { name: `train/${id}/images/${id}_${Math.floor(n / classIds.length)}.JPEG`, label };
  });
  const test = annotated(await place.read(annotations), source.testCount, place.where);
  const sourceOf = (split: keyof Splits, pictures: readonly Labelled[]) =>
    pictureSource({
      kind: 'pictures',
      ...{ split, height: 64, width: 64, channels: 3 },
      store: place.store(pictures.map(({ name }) => name)),
      labels: Int32Array.from(pictures, ({ label }) => label),
    });
  return {
    train: sourceOf('train', train.slice(0, trainCount)),
    test: sourceOf('test', test.slice(0, testCount)),
  };
}

interface Labelled {
  /** Below the folder that is in the archive. */
  readonly name: string;
  readonly label: number;
}

/** The archive, or what it was unpacked to. */
interface Place {
  readonly where: string;
  readonly read: (name: string) => Promise<Buffer>;
  readonly store: (names: readonly string[]) => PictureStore;
}

async function openPlace(
  folder: string | undefined,
  source: TinyImagenetSource,
  o: LoadOptions,
): Promise<Place> {
  const from = folder === undefined ? await fetchTinyImagenet(o, source) : path.resolve(folder);
  const archive = path.join(from, source.file.name);
  const unpacked = [from, path.join(from, inside)].find((one) => existsSync(path.join(one, annotations)));
  if (unpacked !== undefined && !existsSync(archive)) {
    const options = { code: 'data', hint, within: unpacked } as const;
    return {
      where: unpacked,
      read: (name) =>
        readLimited(path.join(unpacked, name), MAX_ANNOTATIONS, options).catch((error: unknown) => {
          throw readError(error, path.join(unpacked, name), options);
        }),
      store: (names) => ({ kind: 'files', folder: unpacked, names }),
    };
  }
  if (folder !== undefined) {
    await checkFiles(from, [source.file], { hint }, new VerifiedFiles(cacheFolder()), o.signal);
  }
  const members = await listZip(archive, { hint, maxMembers: MAX_MEMBERS, signal: o.signal });
  return {
    where: archive,
    read: async (name) => {
      const member = members.get(`${inside}/${name}`);
      if (!member) throw new M2atError('data', `there is no ${name} in it`, { where: archive, hint });
      return readZipMember(archive, member, MAX_ANNOTATIONS, hint);
    },
    store: (names) =>
      zipStore(
        archive,
        members,
        names.map((name) => `${inside}/${name}`),
        hint,
      ),
  };
}

/** The images with published labels that are not trained on: a line each with name, class and a box. */
function annotated(text: Buffer, count: number, where: string): Labelled[] {
  const lines = text.toString('utf8').trim().split(/\r?\n/);
  if (lines.length !== count) {
    throw new M2atError('data', `${annotations} has ${lines.length} lines, expected ${count}`, {
      where,
      hint,
    });
  }
  return lines.map((line, n) => {
    const [picture = '', id = ''] = line.split('\t');
    const label = classIds.indexOf(id);
    if (label < 0 || !/^\w+\.JPEG$/.test(picture)) {
      throw new M2atError('data', `line ${n + 1} of ${annotations} names no picture and class`, {
        where,
        hint,
      });
    }
    return { name: `val/images/${picture}`, label };
  });
}
