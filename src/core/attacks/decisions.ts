import type { AttackContext, LabelledImages } from './attack';
import { imageStreams, rowOf, runQueries } from './host-rows';
import { marginOf } from './margin';
import type { ScoreModel } from './score-model';
import type { Random } from '../random';

/** What decision-based attacks know of a batch: its images, and whether others like them are misclassified. */
export interface DecisionBatch {
  /** [H, W, C] */
  readonly shape: readonly number[];
  /** Values of an image. */
  readonly size: number;
  readonly clean: Float32Array;
  /** One stream of random numbers an image. */
  readonly streams: readonly Random[];
  /**
   * Asks whether candidates are misclassified.
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
  { images, labels }: LabelledImages,
  { random, signal }: AttackContext,
): DecisionBatch {
  const shape = images.shape.slice(1);
  return {
    shape,
    size: images.data.length / labels.length,
    clean: images.data,
    streams: imageStreams(random, labels.length),
    ask: (rows, write, read) =>
      runQueries(model, shape, signal, {
        count: rows.length,
        fill: (row, candidate) => {
          write(rows[row] ?? 0, candidate, row);
        },
        read: (row, logits, candidate) => {
          const n = rows[row] ?? 0;
          read(n, marginOf(logits, labels[n] ?? 0) < 0, candidate, row);
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
 * the batch that is misclassified under the label wanted, that is, an image of another class.
 */
export async function startingPoints(batch: DecisionBatch, draws: number): Promise<StartingPoints> {
  const { clean, size, streams, ask } = batch;
  const points = clean.slice();
  const found: number[] = [];
  let open = Array.from(streams.keys());
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
  if (open.length > 0) found.push(...(await fromNeighbours(batch, open, points)));
  return { points, found: found.sort((a, b) => a - b) };
}

/** Writes the nearest clean image of the batch that is misclassified; returns the images that have one. */
async function fromNeighbours(
  { clean, size, streams, ask }: DecisionBatch,
  open: readonly number[],
  points: Float32Array,
): Promise<number[]> {
  const nearest = new Map<number, { distance: number; from: number }>();
  const pairs = open.flatMap((n) => streams.flatMap((_, from) => (from === n ? [] : [{ n, from }])));
  await ask(
    pairs.map(({ n }) => n),
    (_, candidate, row) => {
      candidate.set(rowOf(clean, pairs[row]?.from ?? 0, size));
    },
    (n, isAdversarial, candidate, row) => {
      if (!isAdversarial) return;
      const distance = euclidean(rowOf(clean, n, size), candidate);
      if (distance >= (nearest.get(n)?.distance ?? Infinity)) return;
      nearest.set(n, { distance, from: pairs[row]?.from ?? 0 });
    },
  );
  for (const [n, { from }] of nearest) points.set(rowOf(clean, from, size), n * size);
  return [...nearest.keys()];
}

/** Euclidean distance, in double precision. */
export function euclidean(a: Float32Array, b: Float32Array): number {
  let squares = 0;
  for (let i = 0; i < a.length; i++) squares += ((a[i] ?? 0) - (b[i] ?? 0)) ** 2;
  return Math.sqrt(squares);
}
