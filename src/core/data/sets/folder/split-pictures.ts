import { createHash } from 'node:crypto';
import path from 'node:path';
import { M2atError } from '../../../errors';
import type { FolderParameters } from '.';
import { foldersIn, picturesOf } from './list-pictures';

/** A picture: where it is below the folder, with slashes, and its class. */
export interface Listed {
  readonly name: string;
  readonly label: number;
}

/** The pictures of a folder; `test` and `validation` where it says itself which those are. */
export interface ListedFolder {
  readonly classNames: readonly string[];
  readonly train: readonly Listed[];
  readonly test?: readonly Listed[];
  readonly validation?: readonly Listed[];
}

/** What a folder of test images may be called: the first that is there has them, and another one those for validation. */
const testFolders = ['test', 'val', 'valid', 'validation'];
const trainFolder = 'train';

const hint =
  'Expected a folder for each class, such as cats and dogs, with its pictures in it; or folders train and test, or ' +
  'train and val, that have those.';

/**
 * The pictures of a folder, by class and name. Where nothing is trained on, named classes may be without a folder.
 * @throws M2atError `data` for folders without classes, classes without pictures, links that lead out of it; `bad-input`
 * when other classes are named than there are
 */
export async function listFolderPictures({
  folder,
  classNames: wanted,
  testShare,
}: Pick<FolderParameters, 'folder' | 'classNames' | 'testShare'>): Promise<ListedFolder> {
  const root = path.resolve(folder);
  const top = await foldersIn(root, root);
  const isSplit =
    top.includes(trainFolder) && top.every((name) => name === trainFolder || testFolders.includes(name));
  const own = isSplit ? path.join(root, trainFolder) : root;
  const found = isSplit ? await foldersIn(own, root) : top;
  if (found.length < 2) {
    const what =
      found[0] === undefined ? 'there is no folder of a class in it' : 'there is one class only in it';
    throw new M2atError('data', what, { where: own, hint });
  }
  const classNames = inOrder(found, wanted, { where: own, whole: testShare < 1 });
  const there = classNames.filter((name) => found.includes(name));
  const train = await listClasses(own, root, there, classNames);
  const [test, validation] = testFolders.filter((name) => isSplit && top.includes(name));
  const others = async (name: string): Promise<Listed[]> => {
    const place = path.join(root, name);
    const there = await foldersIn(place, root);
    const unknown = there.find((one) => !classNames.includes(one));
    if (unknown === undefined && there.length > 0) {
      const names = classNames.filter((one) => there.includes(one));
      return listClasses(place, root, names, classNames);
    }
    const what =
      unknown === undefined
        ? 'there is no folder of a class in it'
        : `the class ${JSON.stringify(unknown)} is not in ${trainFolder}`;
    throw new M2atError('data', what, { where: place, hint });
  };
  return {
    ...{ classNames, train },
    ...(test !== undefined && { test: await others(test) }),
    ...(validation !== undefined && { validation: await others(validation) }),
  };
}

async function listClasses(
  folder: string,
  root: string,
  names: readonly string[],
  classNames: readonly string[],
): Promise<Listed[]> {
  const listed: Listed[] = [];
  for (const name of names) {
    const label = classNames.indexOf(name);
    for (const picture of await picturesOf(path.join(folder, name), root))
      listed.push({ name: picture, label });
  }
  return listed;
}

/**
 * The pictures of the splits in the order of their indices. A picture's place follows from its name and the seed, so the first N
 * are of all classes, and pictures that are added or removed leave the others where they are, but for few at the border
 * between two shares.
 */
export function splitPictures(
  { classNames, train, test, validation }: ListedFolder,
  { testShare, seed }: Pick<FolderParameters, 'testShare' | 'seed'>,
): Required<Omit<ListedFolder, 'classNames'>> {
  const all = { train: ordered(train, seed), validation: ordered(validation ?? [], seed) };
  if (test) return { ...all, test: ordered(test, seed) };
  const classes = classNames.map((): Listed[] => []);
  for (const picture of all.train) classes[picture.label]?.push(picture);
  const counts = classes.map(({ length }) =>
    testShare === 1 ? length : Math.min(Math.max(1, Math.round(testShare * length)), length - 1),
  );
  const shares = classes.map((pictures, n) => ({
    test: pictures.slice(0, counts[n]),
    train: pictures.slice(counts[n]),
  }));
  return {
    ...all,
    train: ordered(
      shares.flatMap((share) => share.train),
      seed,
    ),
    test: ordered(
      shares.flatMap((share) => share.test),
      seed,
    ),
  };
}

/** Sorted by 48 bits of a SHA-256 of the seed and the name. */
function ordered(pictures: readonly Listed[], seed: number): Listed[] {
  const keyed = pictures.map((picture) => {
    const hash = createHash('sha256').update(JSON.stringify([seed, picture.name]));
    return { picture, key: hash.digest().readUIntBE(0, 6) };
  });
  return keyed.sort((a, b) => a.key - b.key).map(({ picture }) => picture);
}

/**
 * @param whole each named class must have a folder
 * @throws M2atError `bad-input` when other classes are named than there are
 */
function inOrder(
  found: readonly string[],
  wanted: readonly string[] | undefined,
  { where, whole }: { readonly where: string; readonly whole: boolean },
): readonly string[] {
  if (!wanted) return found;
  const missing = whole ? wanted.find((name) => !found.includes(name)) : undefined;
  const more = found.find((name) => !wanted.includes(name));
  const twice = wanted.find((name, n) => wanted.indexOf(name) !== n);
  if (missing === undefined && more === undefined && twice === undefined) return wanted;
  const what =
    missing !== undefined
      ? `there is no folder ${JSON.stringify(missing)}`
      : more !== undefined
        ? `the folder ${JSON.stringify(more)} is not named`
        : `${JSON.stringify(twice)} is named twice`;
  throw new M2atError('bad-input', `dataset.classNames: ${what}`, {
    where,
    hint: `The folders there: ${found.slice(0, 20).join(', ')}${found.length > 20 ? ' …' : ''}.`,
  });
}
