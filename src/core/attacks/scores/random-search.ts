import { float32 } from '../../engine/arrays/nd-array';
import type { Random } from '../../random';
import type { AttackContext, LabelledImages } from '../base/attack';
import { rowOf, runQueries } from '../base/host-rows';
import { aimsOf, isClearlyThrough, scoreLoss, type ScoreLoss } from '../base/score-loss';
import type { ScoreModel } from '../base/score-model';

/** One image's search: makes candidates, all in [0, 1] and within the budget. */
export interface ImageSearch {
  /** Writes the first candidate. */
  start(candidate: Float32Array): void;
  /**
   * Writes the next candidate.
   * @param best the best candidate so far
   * @param iteration 0, 1, …
   */
  propose(best: Float32Array, iteration: number, candidate: Float32Array): void;
  /** Called when the last candidate becomes the best one. */
  accepted?(): void;
}

export interface RandomSearch {
  /** Candidates after the first. */
  readonly iterations: number;
  /** What a candidate has to lower to become the best one. */
  readonly loss: ScoreLoss;
  /** @param shape [H, W, C] */
  readonly searchOf: (clean: Float32Array, shape: readonly number[], random: Random) => ImageSearch;
}

/** After so many iterations about as many images, there will be more of them. */
const LASTING = 100;

/**
 * Random search on each image of a batch: a candidate whose loss is lower than the best one's replaces it, and an
 * image that is clearly misclassified (or taken for its target, where there is one) is done. Each iteration asks about all images that still resist at once.
 * @returns the best candidates
 * @throws M2atError `cancelled`
 */
export async function randomSearch(
  model: ScoreModel,
  batch: LabelledImages,
  { iterations, loss, searchOf }: RandomSearch,
  { streams, signal }: AttackContext,
): Promise<Float32Array> {
  const { images } = batch;
  const aims = aimsOf(batch);
  const shape = images.shape.slice(1);
  const count = aims.length;
  const size = images.data.length / count;
  const searches = streams.map((stream, n) => searchOf(rowOf(images.data, n, size), shape, stream));
  const best = new Float32Array(images.data.length);
  const lowest = new Float64Array(count).fill(Infinity);
  let resisting = Array.from({ length: count }, (_, n) => n);
  let alike = 0;
  let before = 0;
  for (let iteration = -1; iteration < iterations && resisting.length > 0; iteration++) {
    const asked = resisting;
    alike = asked.length === before ? alike + 1 : 0;
    before = asked.length;
    resisting = [];
    await runQueries(model, shape, signal, {
      count: asked.length,
      often: alike >= LASTING,
      fill(row, candidate) {
        const n = asked[row] ?? 0;
        if (iteration < 0) searches[n]?.start(candidate);
        else searches[n]?.propose(rowOf(best, n, size), iteration, candidate);
      },
      read(row, logits, candidate) {
        const n = asked[row] ?? 0;
        const aim = aims[n] ?? { label: 0 };
        const fooled = isClearlyThrough(logits, aim);
        const value = scoreLoss(loss, logits, aim);
        if (iteration < 0 || fooled || value < (lowest[n] ?? NaN)) {
          best.set(candidate, n * size);
          lowest[n] = value;
          if (iteration >= 0) searches[n]?.accepted?.();
        }
        if (!fooled) resisting.push(n);
      },
    });
  }
  return best;
}

/** {@link randomSearch} as what `Attack.perturb` returns. */
export async function searchedImages(
  model: ScoreModel,
  batch: LabelledImages,
  search: RandomSearch,
  context: AttackContext,
): Promise<ReturnType<typeof float32>> {
  return float32(await randomSearch(model, batch, search, context), batch.images.shape);
}
