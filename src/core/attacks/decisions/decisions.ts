import type { AttackContext, LabelledImages } from '../base/attack';
import { rowOf, runQueries } from '../base/host-rows';
import { aimsOf, isClearlyThrough, type Aim } from '../base/score-loss';
import type { ScoreModel } from '../base/score-model';
import { nearestInPool } from '../base/start-pool';
import type { Random } from '../../random';

/** What decision-based attacks know of a batch: its images, and whether others like them are misclassified. */
export interface DecisionBatch {
  /** [H, W, C] */
  readonly shape: readonly number[];
  /** Values of an image. */
  readonly size: number;
  readonly clean: Float32Array;
  readonly aims: readonly Aim[];
  /** One stream of random numbers an image. */
  readonly streams: readonly Random[];
  readonly startPool: AttackContext['startPool'];
  readonly onNoStart: AttackContext['onNoStart'];
  /**
   * Asks whether candidates are misclassified or, where there are targets, taken for them: not by a tie of the logits, or
   * nearly one, which another pass may decide otherwise.
   * @param images the image that each candidate belongs to
   * @param write writes a candidate
   * @param read takes an answer; in order
   */
  readonly ask: (
    images: ArrayLike<number>,
    write: (n: number, candidate: Float32Array, row: number) => void,
    read: (n: number, isAdversarial: boolean, candidate: Float32Array, row: number) => void,
  ) => Promise<void>;
}

export function decisionBatch(
  model: ScoreModel,
  batch: LabelledImages,
  { streams, startPool, onNoStart, signal }: AttackContext,
): DecisionBatch {
  const { images } = batch;
  const aims = aimsOf(batch);
  const shape = images.shape.slice(1);
  return {
    shape,
    size: images.data.length / aims.length,
    clean: images.data,
    aims,
    streams,
    startPool,
    onNoStart,
    ask: (rows, write, read) =>
      runQueries(model, shape, signal, {
        count: rows.length,
        fill: (row, candidate) => {
          write(rows[row] ?? 0, candidate, row);
        },
        read: (row, logits, candidate) => {
          const n = rows[row] ?? 0;
          read(n, isClearlyThrough(logits, aims[n] ?? { label: 0 }), candidate, row);
        },
      }),
  };
}

export interface StartingPoints {
  /** A misclassified image for each image that has one; the clean image otherwise. */
  readonly points: Float32Array;
  /** The images that have one. */
  readonly found: number[];
}

/**
 * Misclassified images to start from: uniform noise; where none of `draws` such images will do, the nearest image of
 * the pool that is misclassified under the label wanted, which is nearly always one of another class. An image with a
 * target starts from the nearest of the pool that is taken for it, and from noise where there is none. The context is
 * told of images that have neither.
 * @param norm in which the nearest is the nearest
 */
export async function startingPoints(
  batch: DecisionBatch,
  draws: number,
  norm: 'l2' | 'linf',
): Promise<StartingPoints> {
  const { clean, size, streams, ask, onNoStart } = batch;
  const points = clean.slice();
  const found: number[] = [];
  let open = Array.from(streams.keys());
  const targeted = batch.aims.some(({ target }) => target !== undefined);
  if (targeted) {
    found.push(...(await fromPool(batch, open, points, norm)));
    open = open.filter((n) => !found.includes(n));
  }
  for (let draw = 0; draw < draws && open.length > 0; draw++) {
    const asked = open;
    open = [];
    await ask(
      asked,
      (n, candidate) => streams[n]?.fillUniform(candidate, 0, 1),
      (n, isAdversarial, candidate) => {
        if (isAdversarial) {
          points.set(candidate, n * size);
          found.push(n);
        } else open.push(n);
      },
    );
  }
  if (open.length > 0 && !targeted) found.push(...(await fromPool(batch, open, points, norm)));
  for (const n of streams.keys()) if (!found.includes(n)) onNoStart?.(n);
  return { points, found: found.sort((a, b) => a - b) };
}

/** Writes the nearest image of the pool that fools; returns the images that have one. */
async function fromPool(
  { clean, size, aims, startPool, ask }: DecisionBatch,
  open: readonly number[],
  points: Float32Array,
  norm: 'l2' | 'linf',
): Promise<number[]> {
  const pool = await startPool();
  const places = await nearestInPool(
    pool,
    open.map((n) => rowOf(clean, n, size)),
    norm,
    (row, prediction) => {
      const { label, target } = aims[open[row] ?? 0] ?? { label: prediction };
      return target === undefined ? prediction !== label : prediction === target;
    },
  );
  const candidates = new Map(open.map((n, row) => [n, places[row] ?? []]));
  const found: number[] = [];
  let asked = open.filter((n) => candidates.get(n)?.length);
  // Rounding may decide otherwise than it did for the pool: the next nearest is asked then.
  for (let rank = 0; asked.length > 0; rank++) {
    const left: number[] = [];
    const nearest = new Map<number, Float32Array>();
    for (const n of asked) nearest.set(n, await pool.image(candidates.get(n)?.[rank] ?? 0));
    await ask(
      asked,
      (n, candidate) => {
        candidate.set(nearest.get(n) ?? []);
      },
      (n, isAdversarial, candidate) => {
        if (isAdversarial) {
          points.set(candidate, n * size);
          found.push(n);
        } else if (rank + 1 < (candidates.get(n)?.length ?? 0)) left.push(n);
      },
    );
    asked = left;
  }
  return found;
}

/** Euclidean distance, in double precision. */
export function euclidean(a: Float32Array, b: Float32Array): number {
  let squares = 0;
  for (let i = 0; i < a.length; i++) squares += ((a[i] ?? 0) - (b[i] ?? 0)) ** 2;
  return Math.sqrt(squares);
}
