import { readArray, releaseArray, type ProgramInput } from '../../engine/arrays/device-array';
import { float32, type NdArray } from '../../engine/arrays/nd-array';
import { contextOfRows, type Attack, type AttackContext, type LabelledImages } from '../base/attack';
import type { BallNorm } from './ball';
import { bucketFor, gatherBatch, gatherRows, paddedRows } from '../base/batch-rows';
import { cancellationPoint } from '../../cancellation';
import { keepWithin } from './keep-within';
import { isTakenFor, readPredictions, type Prediction } from '../base/predictions';
import { scoreModelOf, type ScoreModel } from '../base/score-model';
import type { Victim } from '../base/victim';

export interface SearchContext extends AttackContext {
  /** Counts the searches of a batch from 0: restarts, targets. */
  readonly round: number;
  /** Logits of the clean images, [N, classes]: there when an attack has several rounds, or asks for them. */
  readonly cleanLogits?: NdArray<'float32'> | undefined;
}

/**
 * One search for adversarial images: from clean images to candidates of the same shape. A candidate outside of
 * [0, 1] or of the epsilon ball is brought back.
 */
export type Search = (batch: LabelledImages, context: SearchContext) => Promise<ProgramInput<'float32'>>;

export interface FixedEpsilonOptions {
  readonly norm: BallNorm;
  readonly epsilon: number;
  /** Searches for each image until one fools the network; 1 by default. */
  readonly rounds?: number | undefined;
  /** Whether the search needs `cleanLogits` even if there is only one round. */
  readonly cleanLogits?: boolean | undefined;
  /** Whether the search takes batches of any size, compiling nothing: they are not padded then. */
  readonly anySize?: boolean | undefined;
  readonly notes?: readonly string[] | undefined;
  /** Called when the attack is disposed of. */
  readonly dispose?: (() => Promise<void>) | undefined;
}

/**
 * An attack that looks for an adversarial image within a fixed distance, made of one search: a misclassified one or,
 * where the batch has targets, one that is taken for its target. Each further round is for the images that still
 * resist only, in smaller batches. An image keeps the first candidate that fools; where none does, one that is at least
 * misclassified, or else the last.
 */
export function fixedEpsilon(
  model: Victim | ScoreModel,
  options: FixedEpsilonOptions,
  search: Search,
): Attack {
  const { norm, epsilon, rounds = 1 } = options;
  const { scores, release } = scoresOf(model);
  const classified = rounds > 1 || options.cleanLogits === true;

  return {
    ...(options.notes && { notes: options.notes }),
    async perturb({ images, labels, targetClasses }, context) {
      const fools = (prediction: Prediction, row: number): boolean =>
        targetClasses ? isTakenFor(prediction, targetClasses[row] ?? -1) : prediction.label !== labels[row];
      const size = images.data.length / labels.length;
      const kept = images.data.slice();
      const logits = classified ? await scores.logits(images) : undefined;
      const done = logits ? readPredictions(logits, labels).map(fools) : [];
      /** Images whose candidate is misclassified, though not as it should be. */
      const astray = new Set<number>();
      let open = Array.from(labels.keys()).filter((n) => !done[n]);
      for (let round = 0; round < rounds && open.length > 0; round++) {
        await cancellationPoint(context.signal);
        const room = classified ? bucketFor(open.length, labels.length) : labels.length;
        const rows = options.anySize === true ? open : paddedRows(open, room);
        const batch = gatherBatch({ images, labels, targetClasses }, rows);
        const found = await search(batch, {
          ...contextOfRows(context, rows, { open: open.length, round }),
          round,
          cleanLogits: logits && gatherRows(logits, rows),
        });
        const candidates = float32(new Float32Array(open.length * size), [
          open.length,
          ...images.shape.slice(1),
        ]);
        try {
          const { data } = await readArray(found);
          for (const [n, row] of open.entries()) {
            const candidate = candidates.data.subarray(n * size, (n + 1) * size);
            candidate.set(data.subarray(n * size, (n + 1) * size));
            keepWithin(images.data.subarray(row * size, (row + 1) * size), candidate, norm, epsilon);
          }
        } finally {
          releaseArray(found);
        }
        const isLast = round + 1 === rounds;
        const truth = Int32Array.from(open, (row) => labels[row] ?? 0);
        const predictions =
          isLast && astray.size === 0 ? [] : readPredictions(await scores.logits(candidates), truth);
        const broken = predictions.map((prediction, n) => fools(prediction, open[n] ?? -1));
        for (const [n, row] of open.entries()) {
          const prediction = predictions[n];
          const isAstray = prediction !== undefined && prediction.label !== labels[row];
          if (astray.has(row) && !isAstray) continue;
          kept.set(candidates.data.subarray(n * size, (n + 1) * size), row * size);
          if (isAstray && !broken[n]) astray.add(row);
        }
        open = open.filter((_, n) => !broken[n]);
      }
      return float32(kept, images.shape);
    },
    async dispose() {
      await options.dispose?.();
      await release();
    },
  };
}

/** The forward pass of either, and what gives up what was made for it. */
export function scoresOf(model: Victim | ScoreModel): { scores: ScoreModel; release: () => Promise<void> } {
  if (!('device' in model)) return { scores: model, release: () => Promise.resolve() };
  const scores = scoreModelOf(model);
  return { scores, release: () => scores.dispose() };
}
