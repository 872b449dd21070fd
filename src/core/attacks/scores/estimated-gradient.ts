import { float32, type NdArray } from '../../engine/arrays/nd-array';
import type { Random } from '../../random';
import type { AttackContext, LabelledImages } from '../base/attack';
import { queriesPerCall, rowOf, runQueries } from '../base/host-rows';
import { aimsOf, isThrough, scoreLoss, type Aim, type ScoreLoss } from '../base/score-loss';
import type { ScoreModel } from '../base/score-model';

export interface GradientDescent {
  readonly norm: 'linf' | 'l2';
  readonly epsilon: number;
  readonly steps: number;
  /** Forward passes for the gradient of one step, two for each direction. */
  readonly samples: number;
  /** Length of a probe along a direction. */
  readonly probe: number;
  readonly loss: ScoreLoss;
  /** Fills a direction with random numbers of mean 0 and variance 1. */
  readonly draw: (direction: Float32Array, random: Random) => void;
  /** Makes the rule by which an image moves; each image has one of its own. */
  readonly createStep: (size: number) => Step;
}

/** Moves an image down the gradient; the result is brought back to the ball and to [0, 1] afterwards. */
export type Step = (image: Float32Array, gradient: Float64Array, clean: Float32Array) => void;

/**
 * Descends a loss by gradients that are estimated from forward passes: differences of the loss at image ± probe *
 * direction, for random directions. An image that is misclassified (or taken for its target, where there is one) is done; the others return their last iterate.
 * All images that still resist are asked about at once.
 * @throws M2atError `cancelled`
 */
export async function descendByScores(
  model: ScoreModel,
  batch: LabelledImages,
  options: GradientDescent,
  { streams, signal }: AttackContext,
): Promise<NdArray<'float32'>> {
  const { images } = batch;
  const aims = aimsOf(batch);
  const aimOf = (n: number): Aim => aims[n] ?? { label: 0 };
  const shape = images.shape.slice(1);
  const size = images.data.length / aims.length;
  const steps = aims.map(() => options.createStep(size));
  const current = images.data.slice();
  const pairs = Math.ceil(options.samples / 2);

  /** Which of `rows` do not fool yet. */
  async function resisting(rows: readonly number[]): Promise<number[]> {
    const left: number[] = [];
    await runQueries(model, shape, signal, {
      count: rows.length,
      fill: (row, image) => {
        image.set(rowOf(current, rows[row] ?? 0, size));
      },
      read: (row, logits) => {
        const n = rows[row] ?? 0;
        if (!isThrough(logits, aimOf(n))) left.push(n);
      },
    });
    return left;
  }

  /** Adds the estimate of `count` directions for each of `rows`. */
  async function probe(rows: readonly number[], count: number, gradients: Float64Array[]): Promise<void> {
    const directions = new Float32Array(rows.length * count * size);
    let above = 0;
    await runQueries(model, shape, signal, {
      count: 2 * rows.length * count,
      fill: (query, image) => {
        const n = rows[Math.floor(query / (2 * count))] ?? 0;
        const direction = rowOf(directions, query >> 1, size);
        const isUp = query % 2 === 0;
        const random = streams[n];
        if (isUp && random) options.draw(direction, random);
        const length = isUp ? options.probe : -options.probe;
        const start = n * size;
        // Not clipped: a probe may leave [0, 1] by its length, or the estimate would be wrong at black and white.
        for (let i = 0; i < size; i++) image[i] = (current[start + i] ?? 0) + length * (direction[i] ?? 0);
      },
      read: (query, logits) => {
        const row = Math.floor(query / (2 * count));
        const loss = scoreLoss(options.loss, logits, aimOf(rows[row] ?? 0));
        if (query % 2 === 0) {
          above = loss;
          return;
        }
        const slope = (above - loss) / (2 * options.probe * pairs);
        const direction = rowOf(directions, query >> 1, size);
        const gradient = gradients[row];
        if (!gradient || !Number.isFinite(slope)) return;
        for (let i = 0; i < size; i++) gradient[i] = (gradient[i] ?? 0) + slope * (direction[i] ?? 0);
      },
    });
  }

  let left = await resisting([...aims.keys()]);
  for (let step = 0; step < options.steps && left.length > 0; step++) {
    // So many images and directions at a time that their calls are full, and that memory is bounded.
    const room = Math.max(1, queriesPerCall(size) >> 1);
    for (let from = 0; from < left.length; from += room) {
      const rows = left.slice(from, from + room);
      const gradients = rows.map(() => new Float64Array(size));
      const together = Math.max(1, Math.floor(room / rows.length));
      for (let done = 0; done < pairs; done += together) {
        await probe(rows, Math.min(together, pairs - done), gradients);
      }
      for (const [row, n] of rows.entries()) {
        const gradient = gradients[row];
        if (!gradient) continue;
        const [image, clean] = [rowOf(current, n, size), rowOf(images.data, n, size)];
        steps[n]?.(image, gradient, clean);
        bringBack(image, clean, options);
      }
    }
    left = await resisting(left);
  }
  return float32(current, images.shape);
}

/** The nearest image in the ball around `clean`, clipped to [0, 1]. */
function bringBack(
  image: Float32Array,
  clean: Float32Array,
  { norm, epsilon }: { readonly norm: 'linf' | 'l2'; readonly epsilon: number },
): void {
  let squares = 0;
  if (norm === 'l2')
    for (let i = 0; i < image.length; i++) squares += ((image[i] ?? 0) - (clean[i] ?? 0)) ** 2;
  const scale = squares > epsilon * epsilon ? epsilon / Math.sqrt(squares) : 1;
  const bound = norm === 'linf' ? epsilon : Infinity;
  for (let i = 0; i < image.length; i++) {
    const from = clean[i] ?? 0;
    const delta = Math.min(bound, Math.max(-bound, scale * ((image[i] ?? 0) - from)));
    image[i] = Math.min(1, Math.max(0, from + delta));
  }
}
