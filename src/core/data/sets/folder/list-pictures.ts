import { stat } from 'node:fs/promises';
import path from 'node:path';
import { M2atError } from '../../../errors';
import { listFolder } from '../../../files/list-folder';
import { readError, realPathOf } from '../../../files/open-for-reading';
import { pictureExtensions } from '../../pictures/picture-header';

/** Pictures of one data set. */
const MAX_PICTURES = 2_000_000;
/** Folders in folders of a class. */
const MAX_DEPTH = 16;

const options = { code: 'data' } as const;

/** Files and folders of a folder, by name. */
interface Found {
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

/** Names of the folders in a folder, sorted as ImageFolder sorts classes. @throws M2atError `data` */
export async function foldersIn(folder: string, root: string): Promise<string[]> {
  const { folders } = await look(folder, root);
  return [...folders];
}

/**
 * The pictures of a class, in folders of its own too: by the ends of their names, whatever is in them.
 * @param folder the class's
 * @returns their paths below `root`, with slashes
 * @throws M2atError `data` for a class without any, links that leave `root`, too many
 */
export async function picturesOf(folder: string, root: string): Promise<string[]> {
  const pictures: string[] = [];
  const others = new Map<string, number>();
  const walk = async (at: string, above: readonly string[]): Promise<void> => {
    const actual = await realPathOf(at, { ...options, within: root });
    if (above.includes(actual) || above.length === MAX_DEPTH) {
      const what = above.includes(actual)
        ? 'is a link to a folder that it lies in'
        : `there are more than ${MAX_DEPTH} folders in one another`;
      throw new M2atError('data', what, { where: at });
    }
    const { files, folders } = await look(at, root);
    for (const name of files) {
      const extension = path.extname(name).toLowerCase();
      if (pictureExtensions.includes(extension)) {
        pictures.push(path.relative(root, path.join(at, name)).split(path.sep).join('/'));
      } else others.set(extension, (others.get(extension) ?? 0) + 1);
    }
    if (pictures.length > MAX_PICTURES) {
      throw new M2atError('data', `more than ${MAX_PICTURES} pictures in one class`, { where: folder });
    }
    for (const name of folders) await walk(path.join(at, name), [...above, actual]);
  };
  await walk(folder, []);
  if (pictures.length > 0) return pictures;
  const kinds = [...others].map(([extension, count]) => `${count} ${extension || 'without an ending'}`);
  throw new M2atError('data', 'a class without pictures', {
    where: folder,
    hint:
      (kinds.length > 0 ? `Other files are there: ${kinds.slice(0, 5).join(', ')}. ` : '') +
      `Pictures are files that end in ${pictureExtensions.join(', ')}. Remove the folder if it is no class.`,
  });
}

/** What is in a folder but for hidden files, with links for what they lead to. */
async function look(folder: string, root: string): Promise<Found> {
  const files: string[] = [];
  const folders: string[] = [];
  try {
    for (const entry of await listFolder(folder, { ...options, within: root, maxEntries: MAX_PICTURES })) {
      const { name } = entry;
      if (name.startsWith('.') || name === '__MACOSX') continue;
      if (entry.isSymbolicLink()) {
        const file = path.join(folder, name);
        await realPathOf(file, { ...options, within: root });
        const target = await stat(file);
        if (target.isDirectory()) folders.push(name);
        else if (target.isFile()) files.push(name);
      } else if (entry.isDirectory()) folders.push(name);
      else if (entry.isFile()) files.push(name);
    }
  } catch (error) {
    throw readError(error, folder, options);
  }
  return { files: files.sort(), folders: folders.sort() };
}
