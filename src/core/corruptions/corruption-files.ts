import path from 'node:path';
import { gatherLabels } from '../data/batch';
import type { ImageSource } from '../data/image-source';
import { npyValues, type NpyHeader } from '../data/npy';
import { readNpyRows } from '../data/npy-file';
import { M2atError } from '../errors';
import type { CorruptedImages } from './corrupted-source';
import { severities } from './base/define-corruption';

/**
 * The files of CIFAR-10-C, or others of their form: NAME.npy a corruption, uint8 [5 N, H, W, C], the N images of a set in its
 * order, once for each severity; and labels.npy, N or 5 N whole numbers.
 * @param indices those whose labels are compared with the set's
 * @throws M2atError `data` for files that are missing, of another form, or of other images
 */
export async function openCorruptionFiles(
  folder: string,
  names: readonly string[],
  set: ImageSource,
  indices: readonly number[],
): Promise<CorruptedImages> {
  const fileOf = (name: string): string => path.join(folder, `${name}.npy`);
  const counts = new Map<string, number>();
  // All of them before anything is measured: nobody waits for an hour to hear that the last one is missing.
  for (const name of names) counts.set(name, await imagesIn(fileOf(name), set, indices));
  await assertLabels(path.join(folder, 'labels.npy'), set, indices, [...counts.values()][0] ?? 0);
  return {
    origin: 'files',
    read: async (name, severity, wanted) => {
      const before = (severity - 1) * (counts.get(name) ?? 0);
      const rows = wanted.map((index) => before + index);
      const { data } = await readNpyRows(fileOf(name), (header) => {
        assertForm(header, set, fileOf(name));
        return rows;
      });
      return data;
    },
  };
}

/** How many images a file has under each severity. Nothing but its header is read. */
async function imagesIn(file: string, set: ImageSource, indices: readonly number[]): Promise<number> {
  const { header } = await readNpyRows(file, (found) => {
    assertForm(found, set, file);
    return [];
  }).catch((error: unknown) => {
    throw withHint(error);
  });
  const count = (header.shape[0] ?? 0) / severities.length;
  const beyond = indices.find((index) => index >= count);
  if (beyond === undefined) return count;
  throw new M2atError('data', `has ${count} images under each severity; image ${beyond} is asked for`, {
    where: file,
    hint: 'The files have to be of the whole set. Ask for fewer images (-n), or for those that are there.',
  });
}

/** What the folder should hold, where the error does not say what to do. */
function withHint(error: unknown): unknown {
  if (!(error instanceof M2atError) || error.hint !== undefined) return error;
  const { code, what, where, cause } = error;
  return new M2atError(code, what, {
    where,
    hint: 'The folder has to hold NAME.npy for each corruption, and labels.npy. Name the corruptions that it has, or compute them: without the folder.',
    cause,
  });
}

function assertForm({ type, shape }: NpyHeader, set: ImageSource, where: string): void {
  const { height, width, channels } = set;
  const [rows = 0, ...image] = shape;
  const wanted = [height, width, channels];
  const fits =
    type === '|u1' &&
    rows > 0 &&
    rows % severities.length === 0 &&
    image.length === wanted.length &&
    wanted.every((size, axis) => image[axis] === size);
  if (fits) return;
  throw new M2atError('data', `has ${type} of shape (${shape.join(', ')})`, {
    where,
    hint: `Expected are bytes (|u1) of shape (5 N, ${wanted.join(', ')}): the images under severity 1, then 2, and so on.`,
  });
}

async function assertLabels(
  file: string,
  set: ImageSource,
  indices: readonly number[],
  count: number,
): Promise<void> {
  const read = readNpyRows(file, ({ shape }) => {
    const rows = shape[0] ?? 0;
    if (shape.length === 1 && (rows === count || rows === severities.length * count)) return indices;
    throw new M2atError('data', `has the shape (${shape.join(', ')})`, {
      where: file,
      hint: `Expected is one label an image: (${count}) or (${severities.length * count}).`,
    });
  });
  const { header, data } = await read.catch((error: unknown) => {
    throw withHint(error);
  });
  const own = gatherLabels(set, indices);
  const place = npyValues(header, data).findIndex((label, n) => label !== own[n]);
  if (place < 0) return;
  const label = npyValues(header, data)[place];
  throw new M2atError('data', `label ${indices[place]} is ${label}; in the data set it is ${own[place]}`, {
    where: file,
    hint: 'The files are of other images. Name the data set that they were made from, and its test images.',
  });
}
