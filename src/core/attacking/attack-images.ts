import { isCancelled } from '../cancellation';
import type { AttackFacts } from '../attacks/base/define-attack';
import { poolIndices } from '../attacks/base/start-pool';
import type { Dataset } from '../data/dataset';
import type { ImageSource } from '../data/image-source';
import type { DatasetDefinition } from '../data/define-dataset';
import { readImageArrays } from '../data/image-arrays';
import { findDataset, loadDataset } from '../data/load-dataset';
import type { NamedDataset } from '../data/named-dataset';
import { M2atError } from '../errors';
import { Random } from '../random';
import type { AttackSource } from '../records/attack-files';
import { dataOfRun, type DataOfRun } from '../runs/checkpoint-data';
import type { Classifier } from './classifier';
import type { RunProgress } from '../progress';

/** The images that an attack run may choose from. */
export interface AttackImages {
  /** For people: of the data set, or of a file. */
  readonly name: string;
  /** Empty where nothing names the classes. */
  readonly classNames: readonly string[];
  readonly set: ImageSource;
  /** What has to be known of them by whoever reads the numbers. */
  readonly warning?: string | undefined;
}

export interface LoadImagesOptions {
  readonly datasets: readonly DatasetDefinition[];
  readonly signal: AbortSignal;
  readonly onProgress: (progress: RunProgress) => void;
}

/**
 * The images that will be looked at, of so many that there are: those to attack, and the pool of attacks that start
 * from other images.
 */
export function neededImages(
  indices: readonly number[],
  attacks: readonly { readonly definition: AttackFacts }[],
  available: number,
): number[] {
  const fromPool = attacks.some(({ definition }) => definition.sees === 'decisions');
  const pool = fromPool ? poolIndices(available) : [];
  return [...new Set([...indices, ...pool])];
}

/**
 * The images of a source, or the test images of a data set that is loaded already.
 * @param needed which of so many images will be used: of arrays only those are read
 * @throws M2atError `data` or `io` when the images are missing or damaged; `cancelled`
 */
export async function loadAttackImages(
  source: AttackSource | Dataset,
  { spec, model, modelFile }: Classifier,
  {
    datasets,
    signal,
    onProgress,
    needed,
  }: LoadImagesOptions & { readonly needed: (available: number) => Promise<readonly number[]> },
): Promise<AttackImages> {
  if (!('kind' in source)) return imagesOf(source);
  if (source.kind === 'arrays') {
    const shape = [spec.height, spec.width, spec.channels] as const;
    // Where the file does not tell the number of classes, the labels are checked once the network has run.
    const classes = model.classes ?? Number.MAX_SAFE_INTEGER;
    const set = await readImageArrays(source, { shape, classes }, needed);
    return { name: source.images, classNames: spec.classNames ?? [], set };
  }
  try {
    const { parameters } = source;
    const dataset = await loadDataset(datasets, parameters, { signal, onProgress });
    const warning = await changedSince(modelFile, dataset, parameters, datasets);
    return { ...imagesOf(dataset), warning };
  } catch (error) {
    throw isCancelled(error) || !signal.aborted ? error : new M2atError('cancelled', 'Cancelled.');
  }
}

function imagesOf({ name, classNames, test }: Dataset): AttackImages {
  return { name, classNames, set: test };
}

/** A sentence where a network was trained on the files of this data set, and they are others now. */
async function changedSince(
  modelFile: string,
  { name, fingerprint }: Dataset,
  parameters: NamedDataset,
  datasets: readonly DatasetDefinition[],
): Promise<string | undefined> {
  if (fingerprint === undefined) return undefined;
  const { dataset: trained, images } = await dataOfRun(modelFile).catch((): DataOfRun => ({}));
  if (trained?.name !== name || images === undefined || images === fingerprint) return undefined;
  const { files = ['folder'] } = findDataset(datasets, name);
  if (!files.every((key) => trained[key] === parameters[key])) return undefined;
  return (
    'The files of the data set were changed since the network was trained on them (some were added, removed or replaced), so ' +
    'images that it was trained on may be among those attacked.'
  );
}

/**
 * Checks that a network takes the images and has their classes.
 * @throws M2atError `checkpoint`
 */
export function assertFits(
  { spec, model, modelFile, sidecar }: Classifier,
  { set, classNames, name }: AttackImages,
): void {
  const wanted = [spec.height, spec.width, spec.channels];
  const images = [set.height, set.width, set.channels];
  const grey = set.channels === 1 && spec.channels === 3;
  const fits = wanted.every((size, i) => size === null || size === images[i] || (i === 2 && grey));
  if (!fits) {
    throw new M2atError(
      'checkpoint',
      `the network takes images of ${wanted.map((size) => size ?? '?').join(' x ')}; ` +
        `those of ${name} are ${images.join(' x ')} (height x width x channels)`,
      {
        where: modelFile,
        hint: 'Take a network that was trained on such images, or images that fit the network.',
      },
    );
  }
  const { classes } = model;
  // Images from arrays have the names that the model's own files give.
  if (classes !== undefined && classes > 1 && spec.classNames && spec.classNames.length !== classes) {
    throw new M2atError(
      'checkpoint',
      `the network has ${classes} classes; there are names for ${spec.classNames.length}`,
      { where: modelFile, hint: `Name each class in ${sidecar}, or none.` },
    );
  }
  if (classNames.length > 0 && classes !== undefined && classes > 1 && classes !== classNames.length) {
    throw new M2atError(
      'checkpoint',
      `the network has ${classes} classes; ${name} has ${classNames.length}`,
      {
        where: modelFile,
        hint: 'Take a network that was trained on such images, or images that fit the network.',
      },
    );
  }
}

/** @throws M2atError `data` for a label that is no class of the network */
export function assertLabels({ labels, rows }: ImageSource, classes: number, where: string): void {
  const row = labels.findIndex((label) => label >= classes);
  if (row < 0) return;
  const index = rows ? [...rows.keys()][row] : row;
  const what = `label ${index} is ${labels[row]}, but the network has ${classes} classes`;
  throw new M2atError('data', what, { where });
}

export interface Selection {
  /** At most so many; absent: all. */
  readonly count?: number | undefined;
  /** Draws the images at random, keyed by this; absent: the first ones. */
  readonly seed?: number | undefined;
  /** Only these, in this order. */
  readonly indices?: readonly number[] | undefined;
}

/**
 * Chooses images: the first ones, some at random (without repetition, in ascending order), or those of a list.
 * @throws M2atError `bad-input` for an empty list, an index that is outside the set, or one that is there twice
 */
export function selectImages(available: number, { count, seed, indices }: Selection): number[] {
  if (!indices) {
    const wanted = Math.min(count ?? available, available);
    if (seed === undefined || wanted === available) return Array.from({ length: wanted }, (_, n) => n);
    const order = Random.keyed(seed, 'attack-images').permutation(available);
    return [...order.subarray(0, wanted)].sort((a, b) => a - b);
  }
  if (indices.length === 0) {
    throw new M2atError('bad-input', 'the list is empty: no image is selected', { where: 'indices' });
  }
  const seen = new Set<number>();
  for (const [n, index] of indices.entries()) {
    if (!Number.isInteger(index) || index < 0 || index >= available) {
      throw new M2atError('bad-input', `is ${index}; there are the images 0 to ${available - 1}`, {
        where: `indices[${n}]`,
      });
    }
    if (seen.has(index)) {
      throw new M2atError('bad-input', `${index} is there twice`, { where: `indices[${n}]` });
    }
    seen.add(index);
  }
  return indices.slice(0, count ?? indices.length);
}
