import { createHash } from 'node:crypto';
import { M2atError } from '../../../errors';
import { Random } from '../../../random';
import { layoutOf, type ExpectedShape, type Layout } from '../../array-layout';
import type { LoadOptions, OpenedDataset } from '../../dataset';
import { imagePart } from '../../image-part';
import type { ImageSource } from '../../image-source';
import type { ArrayPair } from '../../npz-splits';
import { openImages, type OpenOptions, type StoredImages } from '../../open-images';
import { readLabels } from '../../stored-labels';
import { findArrays } from './find-arrays';
import type { ArraysParameters } from './index';

type Options = LoadOptions & Pick<OpenOptions, 'cacheDir' | 'inMemoryBytes'>;

/**
 * Opens a user's own images. Test images are those of the files, else a share that the data set's seed chooses; then both
 * splits are in a random order, so that the first of a file that is sorted by class are of all classes.
 * @throws M2atError `data` for files, shapes, values and labels that are not as they should be; `bad-input` for counts above
 * what is there; `cancelled`
 */
export async function openArrays(parameters: ArraysParameters, o: Options): Promise<OpenedDataset> {
  const { trainCount, testCount } = parameters;
  const found = await findArrays(parameters, o);
  const train = await look(found.train, 'train', [null, null, null], parameters, o);
  const { height, width, channels } = train.layout;
  const size = [height, width, channels] as const;
  const test = found.test && (await look(found.test, 'test', size, parameters, o));
  const validation = found.validation && (await look(found.validation, 'validation', size, parameters, o));
  const classNames = classesOf([train, test, validation], parameters);
  const opened = validation && (await openImages(validation, { ...o, count: validation.labels.length }));
  const fingerprint = fingerprintOf([train, test, validation]);
  const rest = { classNames, fingerprint, ...(opened && { validation: opened.source }) };
  if (test) {
    const count = atMost(trainCount, train, 'trainCount', 'training');
    const images = await openImages(train, { ...o, count, measured: () => true });
    const tests = await openImages(test, { ...o, count: atMost(testCount, test, 'testCount', 'test') });
    return { ...rest, ...measured(images), train: images.source, test: tests.source };
  }
  const split = splitOf(train, parameters);
  const trained = new Set(split.train);
  const all = await openImages(
    { ...train, split: 'all' },
    { ...o, count: train.labels.length, measured: (index) => trained.size === 0 || trained.has(index) },
  );
  const part = (indices: Uint32Array, name: string): ImageSource => imagePart(all.source, indices, name);
  return { ...rest, ...measured(all), train: part(split.train, 'train'), test: part(split.test, 'test') };
}

/** The shape and the labels of a pair. */
async function look(
  { images: array, labels: ofImages }: ArrayPair,
  split: string,
  size: ExpectedShape,
  { classNames }: ArraysParameters,
  o: Options,
): Promise<StoredImages> {
  const layout: Layout = layoutOf(array.header, size, array.where, {
    misfit: 'are not as the training images',
    rule: 'Those are',
  });
  const classes = classNames && {
    count: classNames.length,
    said: `There are ${classNames.length} class names`,
  };
  const labels = await readLabels(ofImages, array.header.shape[0] ?? 0, classes, o);
  return { split, array, layout, labels };
}

/** Changes with the number and the shape of images, their labels, and the bytes that they take in their files. */
function fingerprintOf(splits: readonly (StoredImages | undefined)[]): string {
  const hash = createHash('sha256');
  for (const one of splits) {
    const { header, part } = one?.array ?? {};
    hash.update(JSON.stringify([one?.split, header?.shape, header?.type, part?.bytes]));
    if (one) hash.update(JSON.stringify([...one.labels]));
  }
  return hash.digest('hex');
}

function classesOf(
  splits: readonly (StoredImages | undefined)[],
  { classNames, labels: file, file: npz }: ArraysParameters,
): readonly string[] {
  if (classNames) return classNames;
  const seen = new Set<number>();
  for (const split of splits) for (const label of split?.labels ?? []) seen.add(label);
  const count = seen.size === 0 ? 0 : Math.max(...seen) + 1;
  const where = npz ?? file;
  if (count < 2) throw new M2atError('data', 'all images have the label 0: that is one class', { where });
  for (let label = 0; label < count; label++) {
    if (seen.has(label)) continue;
    throw new M2atError('data', `no image has the label ${label}, and some have ${count - 1}`, {
      where,
      hint: 'Number the classes from 0 without gaps, or name all of them in dataset.classNames.',
    });
  }
  return Array.from({ length: count }, (_, label) => String(label));
}

function splitOf(
  train: StoredImages,
  { testShare, seed, trainCount, testCount }: ArraysParameters,
): { readonly train: Uint32Array; readonly test: Uint32Array } {
  const count = train.labels.length;
  const tests = Math.max(1, Math.round(testShare * count));
  if (tests >= count && testShare < 1) {
    throw new M2atError(
      'data',
      `${count} images; a share of ${testShare} for tests leaves none to train on`,
      {
        where: train.array.where,
      },
    );
  }
  const order = Random.keyed(seed, 'arrays-test').permutation(count);
  const part = (indices: Uint32Array, wanted: number | undefined, key: string, kind: string): Uint32Array =>
    indices.slice(0, counted(wanted, indices.length, { key, kind, where: train.array.where }));
  return {
    train: part(order.subarray(tests), trainCount, 'trainCount', 'training'),
    test: part(order.subarray(0, tests), testCount, 'testCount', 'test'),
  };
}

function atMost(wanted: number | undefined, images: StoredImages, key: string, kind: string): number {
  return counted(wanted, images.labels.length, { key, kind, where: images.array.where });
}

function counted(
  wanted: number | undefined,
  there: number,
  { key, kind, where }: { readonly key: string; readonly kind: string; readonly where: string },
): number {
  if (wanted === undefined || wanted <= there) return wanted ?? there;
  throw new M2atError('bad-input', `dataset.${key} is ${wanted}; there are ${there} ${kind} images`, {
    where,
  });
}

function measured({ normalization }: Partial<OpenedDataset>): Pick<OpenedDataset, 'normalization'> {
  if (!normalization) throw new TypeError('the training images were measured');
  return { normalization };
}
