import { createHash } from 'node:crypto';
import path from 'node:path';
import { M2atError, problemOf } from '../../../errors';
import { atMostAtOnce } from '../../../files/at-most-at-once';
import type { LoadOptions, OpenedDataset } from '../../dataset';
import { inspectPicture, type Inspected } from '../../pictures/inspect-picture';
import { measureNormalization } from '../../pictures/measure-normalization';
import { pictureSource } from '../../pictures/picture-source';
import type { FolderParameters } from '.';
import { commonSize } from './common-size';
import { listFolderPictures, splitPictures, type Listed, type ListedFolder } from './split-pictures';

/** Files that are looked at together. */
const AT_ONCE = 8;
/** Damaged pictures that a message names. */
const NAMED = 8;
/** Between two tellings of how far it is. */
const TOLD_EVERY = 250;

/**
 * Opens a folder of pictures: lists it, looks at the ends of every file, and measures the normalisation.
 * @throws M2atError `data`: no classes, classes without pictures, more damaged pictures than are allowed, sizes that differ where
 * nothing says what is to be done; `bad-input`: keys that don't fit each other, or the folder; `cancelled`
 */
export async function openFolder(parameters: FolderParameters, o: LoadOptions): Promise<OpenedDataset> {
  const root = path.resolve(parameters.folder);
  if (parameters.resize && parameters.size === undefined) {
    throw new M2atError('bad-input', 'needs dataset.size, the side of the squares that pictures become', {
      where: 'dataset.resize',
    });
  }
  if (parameters.normalization === 'imagenet' && parameters.channels === 1) {
    throw new M2atError('bad-input', 'is of colours; grey pictures need their own: leave it out', {
      where: 'dataset.normalization',
    });
  }
  const listed = await listFolderPictures(parameters);
  const inspected = await inspectAll(listed, root, parameters.maxDamaged, o);
  const whole = wholeOnes(listed, inspected, root);
  const { height, width } = commonSize(parameters, [...inspected.values()], root);
  const { channels, resize, size } = parameters;
  const splits = splitPictures(whole, parameters);
  const sourceOf = (split: keyof typeof splits, count = Number.MAX_SAFE_INTEGER) => {
    const pictures = splits[split].slice(0, count);
    return pictureSource({
      kind: 'pictures',
      ...{ split, height, width, channels },
      // Squares of another size are scaled, whatever the policy for others.
      fit: size === undefined ? undefined : (resize ?? 'squash'),
      store: { kind: 'files', folder: root, names: pictures.map(({ name }) => name) },
      labels: Int32Array.from(pictures, ({ label }) => label),
    });
  };
  const measured = sourceOf(splits.train.length > 0 ? 'train' : 'test');
  return {
    classNames: whole.classNames,
    normalization: await measureNormalization(parameters.normalization, measured, o),
    train: sourceOf('train', parameters.trainCount),
    test: sourceOf('test', parameters.testCount),
    ...(splits.validation.length > 0 && { validation: sourceOf('validation') }),
    fingerprint: fingerprintOf(whole, inspected),
  };
}

/** What the files show, by the names of those that are not damaged. */
async function inspectAll(
  { train, test = [], validation = [] }: ListedFolder,
  root: string,
  maxDamaged: number,
  { onProgress, signal }: LoadOptions,
): Promise<ReadonlyMap<string, Inspected>> {
  const all = [...train, ...test, ...validation];
  const inspected = new Map<string, Inspected>();
  const damaged: string[] = [];
  let count = 0;
  let done = 0;
  await atMostAtOnce(AT_ONCE, all, async ({ name }) => {
    if (signal?.aborted) throw new M2atError('cancelled', 'loading was cancelled', { where: root });
    try {
      inspected.set(name, await inspectPicture(path.join(root, name), root));
    } catch (error) {
      count++;
      if (damaged.length < NAMED) damaged.push(`- ${name}: ${problemOf(error)}`);
    }
    if (++done % TOLD_EVERY === 0 || done === all.length) {
      onProgress?.({ phase: 'load', done, total: all.length, unit: 'images', detail: path.basename(root) });
    }
  });
  if (count > maxDamaged) {
    throw new M2atError('data', `${count} of ${all.length} pictures can't be used`, {
      where: root,
      lines: [...damaged.sort(), ...(count > NAMED ? [`- and ${count - NAMED} more`] : [])],
      hint: 'Mend or remove them, or let dataset.maxDamaged be so many that are left out.',
    });
  }
  return inspected;
}

/** Without damaged ones. @throws M2atError `data` where no picture of a class is left */
function wholeOnes(
  { classNames, train, test, validation }: ListedFolder,
  inspected: ReadonlyMap<string, Inspected>,
  where: string,
): ListedFolder {
  const isWhole = ({ name }: Listed): boolean => inspected.has(name);
  const whole = train.filter(isWhole);
  const [listed, left] = [train, whole].map((list) => new Set(list.map(({ label }) => label)));
  const empty = classNames.find((_, label) => listed?.has(label) && !left?.has(label));
  if (empty !== undefined) {
    throw new M2atError('data', `no picture of the class ${JSON.stringify(empty)} can be used`, { where });
  }
  return {
    ...{ classNames, train: whole },
    ...(test && { test: test.filter(isWhole) }),
    ...(validation && { validation: validation.filter(isWhole) }),
  };
}

/** Changes with the names, classes and sizes of the files. */
function fingerprintOf(
  { classNames, ...splits }: ListedFolder,
  inspected: ReadonlyMap<string, Inspected>,
): string {
  const hash = createHash('sha256').update(JSON.stringify(classNames));
  for (const [split, pictures] of Object.entries(splits)) {
    for (const { name, label } of pictures) {
      hash.update(JSON.stringify([split, name, label, inspected.get(name)?.bytes]));
    }
  }
  return hash.digest('hex');
}
