import path from 'node:path';
import { M2atError } from '../errors';
import { listNpz, type NpzMember } from './npz';
import { openNpzMember, type StoredArray } from './stored-array';

/** Images and their labels, in their files. */
export interface ArrayPair {
  readonly images: StoredArray;
  readonly labels: StoredArray;
}

/** Pairs by their split. */
export interface FoundArrays {
  readonly train: ArrayPair;
  readonly validation?: ArrayPair | undefined;
  readonly test?: ArrayPair | undefined;
}

type Names = readonly [images: string, labels: string];

/** What tools call the arrays of a `.npz`, in lower case: Keras, MedMNIST, generated data of papers, `numpy.savez` by itself. */
const namings: readonly { readonly train: Names; readonly validation?: Names; readonly test?: Names }[] = [
  { train: ['x_train', 'y_train'], validation: ['x_val', 'y_val'], test: ['x_test', 'y_test'] },
  {
    train: ['train_images', 'train_labels'],
    validation: ['val_images', 'val_labels'],
    test: ['test_images', 'test_labels'],
  },
  {
    train: ['images', 'labels'],
    validation: ['val_images', 'val_labels'],
    test: ['test_images', 'test_labels'],
  },
  { train: ['image', 'label'] },
  { train: ['x', 'y'] },
  { train: ['arr_0', 'arr_1'] },
];

/**
 * The images and labels of a `.npz` that has one pair of them: the training images where it has splits.
 * @throws M2atError `data` for a file without such a pair, or as {@link listNpz} and {@link openNpzMember}
 */
export async function npzSplits(
  file: string,
  o: { readonly signal?: AbortSignal | undefined } = {},
): Promise<FoundArrays> {
  const members = await listNpz(path.resolve(file));
  const byName = new Map([...members].map(([name, member]) => [name.toLowerCase(), member]));
  const naming = namings.find(({ train: [images, labels] }) => byName.has(images) && byName.has(labels));
  if (!naming) {
    const there = [...members.keys()];
    const known = namings.map(({ train }) => train.join(' and ')).join('; ');
    throw new M2atError(
      'data',
      there.length === 0
        ? 'there are no arrays in it'
        : `none of its arrays are known as images and labels; there are ${there.slice(0, 20).join(', ')}`,
      { where: file, hint: `Save them as ${known}.` },
    );
  }
  const open = async ([images, labels]: Names): Promise<ArrayPair | undefined> => {
    const [ofImages, ofLabels] = [byName.get(images), byName.get(labels)];
    if (!ofImages && !ofLabels) return undefined;
    const opened = (member: NpzMember | undefined, name: string, other: string): Promise<StoredArray> => {
      if (member) return openNpzMember(member, o);
      throw new M2atError('data', `has ${other}, and no ${name}`, { where: file });
    };
    return {
      images: await opened(ofImages, images, labels),
      labels: await opened(ofLabels, labels, images),
    };
  };
  const { train, validation, test } = naming;
  const found = await open(train);
  if (!found) throw new TypeError('the training images were found');
  return {
    train: found,
    validation: validation && (await open(validation)),
    test: test && (await open(test)),
  };
}
