import { gatherImages } from '../../data/batch';
import type { ImageSource } from '../../data/image-source';
import type { NdArray } from '../../engine/arrays/nd-array';
import { perturbationNorm } from './perturbation';

/** Images of a data set or array, its first ones, that make up the pool. */
export const POOL_SIZE = 256;

/** Images with the classes that a network gives them: what a decision-based attack may start from. */
export interface StartPool {
  /** [M]; -1 where an output is no number. */
  readonly predictions: Int32Array;
  /** All values of image n in [0, 1], a copy. */
  image(n: number): Promise<Float32Array>;
}

/** For attacks that start from noise or nowhere. */
export const emptyPool: StartPool = {
  predictions: new Int32Array(),
  image: () => Promise.resolve(new Float32Array()),
};

/**
 * The pool of a data set: fixed, so that no start depends on which images are attacked together.
 * @param logitsOf [N, H, W, C] in [0, 1] to [N, classes]; any N
 */
export async function startPoolOf(
  set: ImageSource,
  logitsOf: (images: NdArray<'float32'>) => Promise<NdArray<'float32'>>,
): Promise<StartPool> {
  const indices = poolIndices(set.count);
  const { data, shape } = await logitsOf(await gatherImages(set, indices));
  const classes = shape[1] ?? 1;
  return {
    predictions: Int32Array.from(indices, (n) => largest(data.subarray(n * classes, (n + 1) * classes))),
    image: async (n) => (await gatherImages(set, [n])).data,
  };
}

/** The images of a set that make up its pool. */
export function poolIndices(available: number): number[] {
  return Array.from({ length: Math.min(POOL_SIZE, available) }, (_, n) => n);
}

/** The class with the largest logit; -1 where one is no number. */
function largest(logits: Float32Array): number {
  let found = 0;
  for (const [k, value] of logits.entries()) {
    if (Number.isNaN(value)) return -1;
    if (value > (logits[found] ?? NaN)) found = k;
  }
  return found;
}

/**
 * The images of a pool that an attack may start from, the nearest first, for each of several clean images.
 * @param suits whether an image of the pool that is given a class will do for clean image n
 * @returns places in the pool
 */
export async function nearestInPool(
  pool: StartPool,
  clean: readonly Float32Array[],
  norm: 'l2' | 'linf',
  suits: (n: number, prediction: number) => boolean,
): Promise<number[][]> {
  const found = clean.map((): { place: number; distance: number }[] => []);
  // One image of the pool at a time: large ones would not all fit into memory.
  for (const [place, prediction] of pool.predictions.entries()) {
    const suited = [...clean.keys()].filter((n) => prediction >= 0 && suits(n, prediction));
    if (suited.length === 0) continue;
    const candidate = await pool.image(place);
    for (const n of suited) {
      const distance = perturbationNorm(clean[n] ?? candidate, candidate, norm);
      found[n]?.push({ place, distance });
    }
  }
  return found.map((places) => places.sort((a, b) => a.distance - b.distance).map(({ place }) => place));
}
