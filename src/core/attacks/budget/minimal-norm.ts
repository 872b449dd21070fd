import { readArray, releaseArray, type ProgramInput } from '../../engine/arrays/device-array';
import { float32, type NdArray } from '../../engine/arrays/nd-array';
import { contextOfRows, type Attack, type AttackContext, type LabelledImages } from '../base/attack';
import { bucketFor, gatherBatch, gatherRows, paddedRows } from '../base/batch-rows';
import { cancellationPoint } from '../../cancellation';
import { scoresOf } from './fixed-epsilon';
import { perturbationNorm } from '../base/perturbation';
import type { Norm } from '../parameters/attack-parameters';
import { isTakenFor, readPredictions } from '../base/predictions';
import { isClearlyThrough } from '../base/score-loss';
import type { ScoreModel } from '../base/score-model';
import type { Victim } from '../base/victim';

/** Factors by which a perturbation is made longer in turn, until it fools: rounding moves a boundary by far less. */
const NUDGES = [1, 1.0001, 1.001];

/** What a search knows when it begins. */
export interface SearchPass {
  /** 0 for the first pass, then 1, 2, … (restarts, or classes to aim at). */
  readonly index: number;
  /** The smallest measure so far of each image; Infinity where nothing was found yet. [N] */
  readonly best: Float64Array;
  /** The network's outputs on the clean images. [N, classes] */
  readonly logits: NdArray<'float32'>;
}

/** The part of a minimal-norm attack that is its own. */
export interface MinimalNormSearch {
  /**
   * One candidate for each image of a batch, all of which are classified correctly. Candidates are clipped to [0, 1] and
   * need not fool. On the device where the search leaves them there; the base releases them.
   * @throws M2atError `cancelled`
   */
  find(batch: LabelledImages, pass: SearchPass, context: AttackContext): Promise<ProgramInput<'float32'>>;
  dispose(): Promise<void>;
}

export interface MinimalNormOptions {
  readonly norm: Norm;
  /** Calls of the search. Default 1. */
  readonly passes?: number;
  /** An image with an example of at most this size goes into no further pass. Default: every image goes into all. */
  readonly epsilon?: number | undefined;
  readonly notes?: readonly string[] | undefined;
  /** What is made small, where it is not the norm itself. */
  readonly measure?: (clean: Float32Array, candidate: Float32Array) => number;
}

/**
 * The base of every attack that looks for the smallest perturbation: of all candidates that the passes of a search come
 * up with, an image keeps the smallest that a forward pass of its own confirms to be misclassified or, where the batch has
 * targets, to be taken for its target; and where no candidate is, the smallest that is at least misclassified. An image
 * that is misclassified as it is, and one for which nothing was found, come back as they were.
 */
export function minimalNormAttack(
  model: Victim | ScoreModel,
  options: MinimalNormOptions,
  search: MinimalNormSearch,
): Attack {
  const { norm, passes = 1, epsilon = -1 } = options;
  const measure =
    options.measure ??
    ((clean: Float32Array, candidate: Float32Array) => perturbationNorm(clean, candidate, norm));
  const { scores, release } = scoresOf(model);

  return {
    ...(options.notes && { notes: options.notes }),
    async perturb({ images, labels, targetClasses }, context) {
      const [count = 0] = images.shape;
      await cancellationPoint(context.signal);
      const logits = await scores.logits(images);
      const best = Float64Array.from(readPredictions(logits, labels), ({ label }, n) =>
        label === labels[n] ? Infinity : 0,
      );
      /** Of the smallest misclassified candidate that is not taken for the target. */
      const astray = new Float64Array(count).fill(Infinity);
      const result = float32(images.data.slice(), images.shape);
      for (let index = 0; index < passes; index++) {
        const open = [...best.keys()].filter((n) => (best[n] ?? 0) > Math.max(0, epsilon));
        if (open.length === 0) break;
        const rows = paddedRows(open, bucketFor(open.length, count));
        const part = gatherBatch({ images, labels, targetClasses }, rows);
        const pass = {
          index,
          best: Float64Array.from(rows, (n) => best[n] ?? 0),
          logits: gatherRows(logits, rows),
        };
        const own = contextOfRows(context, rows, { open: open.length, round: index });
        const candidates = await readClipped(await search.find(part, pass, own));
        /** Misclassified so narrowly that another pass may see it otherwise: kept only where no nudge makes it clear. */
        const narrow = new Map<number, { readonly length: number; readonly candidate: Float32Array }>();
        // Two programs differ in the last bits of the logits: an example right at the boundary may need a nudge.
        for (const stretch of NUDGES) {
          await cancellationPoint(context.signal);
          stretchAway(part.images, candidates, stretch);
          const outputs = await scores.logits(candidates);
          const predictions = readPredictions(outputs, part.labels);
          let missed = false;
          for (const [row, n] of open.entries()) {
            const candidate = rowOf(candidates, row);
            const length = measure(rowOf(images, n), candidate);
            // Written so that NaN is not kept.
            if (!(length > 0 && length < (best[n] ?? 0))) continue;
            const prediction = predictions[row];
            const moved = prediction !== undefined && prediction.label !== labels[n];
            if (moved && (!targetClasses || isTakenFor(prediction, targetClasses[n] ?? -1))) {
              const aim = { label: labels[n] ?? 0, target: targetClasses?.[n] };
              if (isClearlyThrough(rowOf(outputs, row), aim)) {
                best[n] = length;
                rowOf(result, n).set(candidate);
                narrow.delete(n);
              } else {
                missed = true;
                if (!narrow.has(n)) narrow.set(n, { length, candidate: candidate.slice() });
              }
              continue;
            }
            missed = true;
            if (!moved || best[n] !== Infinity || length >= (astray[n] ?? 0)) continue;
            astray[n] = length;
            rowOf(result, n).set(candidate);
          }
          if (!missed) break;
        }
        for (const [n, { length, candidate }] of narrow) {
          best[n] = length;
          rowOf(result, n).set(candidate);
        }
      }
      return result;
    },
    async dispose() {
      await search.dispose();
      await release();
    },
  };
}

/** Image `n`, a view. */
function rowOf({ data, shape }: NdArray<'float32'>, n: number): Float32Array {
  const size = data.length / (shape[0] ?? 1);
  return data.subarray(n * size, (n + 1) * size);
}

/** Makes perturbations longer by a factor, inside [0, 1]. Changes `candidates`. */
function stretchAway(images: NdArray<'float32'>, { data }: NdArray<'float32'>, factor: number): void {
  if (factor === 1) return;
  for (let i = 0; i < data.length; i++) {
    const from = images.data[i] ?? 0;
    data[i] = Math.min(1, Math.max(0, from + factor * ((data[i] ?? 0) - from)));
  }
}

async function readClipped(candidates: ProgramInput<'float32'>): Promise<NdArray<'float32'>> {
  try {
    const { data, shape } = await readArray(candidates);
    return float32(
      data.map((value) => Math.min(1, Math.max(0, value))),
      shape,
    );
  } finally {
    releaseArray(candidates);
  }
}
