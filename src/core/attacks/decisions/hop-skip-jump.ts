import { float32, type NdArray } from '../../engine/arrays/nd-array';
import { bringToBoundary } from './boundary-search';
import { decisionBatch, startingPoints, type DecisionBatch } from './decisions';
import type { HopSkipJumpParameters } from './hop-skip-jump-definition';
import { rowOf } from '../base/host-rows';
import { minimalNormAttack } from '../budget/minimal-norm';
import { perturbationNorm } from '../base/perturbation';
import type { CreateScoreAttack } from '../base/score-model';

/** Euclidean distance of the points around the first image. */
const FIRST_PROBE = 0.1;
/** Smallest probe for each value: with less, float32 images and logits would decide by rounding. */
const SMALLEST_PROBE = 1e-5;
/** Halvings of a step that stays misclassified at no size. */
const HALVINGS = 30;

/**
 * HopSkipJump: from a misclassified image (targeted: one that is taken for the target), repeats: binary search to the decision boundary; an estimate of the
 * boundary's normal from the decisions at random points around; a step along it, halved until it is misclassified.
 * Minimal L2 or L-inf norm; the closest image found is returned, and the clean one where no starting point was.
 * Chen, Jordan and Wainwright, "HopSkipJumpAttack: A Query-Efficient Decision-Based Attack", IEEE S&P 2020.
 */
export const createHopSkipJump: CreateScoreAttack<HopSkipJumpParameters> = (model, parameters) =>
  minimalNormAttack(
    model,
    { norm: parameters.norm },
    {
      find: (batch, _, context) => closestImages(decisionBatch(model, batch, context), parameters),
      dispose: () => Promise.resolve(),
    },
  );

async function closestImages(
  decisions: DecisionBatch,
  { norm, steps, initialEvaluations, maxEvaluations, gamma, initialDraws }: HopSkipJumpParameters,
): Promise<NdArray<'float32'>> {
  const { clean, size, streams, shape } = decisions;
  const tolerance = gamma / (norm === 'l2' ? size * Math.sqrt(size) : size * size);
  const { points, found: rows } = await startingPoints(decisions, initialDraws, norm);
  await bringToBoundary(decisions, rows, points, norm, tolerance);
  const best = points.slice();
  const distanceOf = (n: number): number =>
    perturbationNorm(rowOf(clean, n, size), rowOf(points, n, size), norm);
  const distances = new Map(rows.map((n) => [n, distanceOf(n)]));
  const closest = new Map(distances);

  for (let step = 0; step < steps && rows.length > 0; step++) {
    const normals = await boundaryNormals(decisions, rows, points, {
      norm,
      evaluations: Math.floor(Math.min(initialEvaluations * Math.sqrt(step + 1), maxEvaluations)),
      probeOf: (n) =>
        step === 0
          ? FIRST_PROBE
          : Math.max((gamma * (distances.get(n) ?? 0)) / size, SMALLEST_PROBE * Math.sqrt(size)),
    });
    const lengths = new Map(rows.map((n) => [n, (distances.get(n) ?? 0) / Math.sqrt(step + 1)]));
    await stepOut(decisions, rows, points, normals, lengths);
    await bringToBoundary(decisions, rows, points, norm, tolerance);
    for (const n of rows) {
      const distance = distanceOf(n);
      distances.set(n, distance);
      if (distance >= (closest.get(n) ?? 0)) continue;
      closest.set(n, distance);
      best.set(rowOf(points, n, size), n * size);
    }
  }
  return float32(best, [streams.length, ...shape]);
}

interface Probes {
  readonly norm: 'l2' | 'linf';
  /** Points around each image. */
  readonly evaluations: number;
  /** Euclidean distance of these points from the image. */
  readonly probeOf: (n: number) => number;
}

/**
 * The direction in which each image becomes misclassified more surely: of length 1 (l2), or its signs (linf).
 * @returns values at the places of the images; 0 for others
 */
async function boundaryNormals(
  { size, streams, ask }: DecisionBatch,
  rows: readonly number[],
  points: Float32Array,
  { norm, evaluations, probeOf }: Probes,
): Promise<Float32Array> {
  const normals = new Float32Array(points.length);
  const sum = new Float64Array(size);
  const signed = new Float64Array(size);
  const noise = new Float32Array(size);
  let balance = 0;
  await ask(
    rows.flatMap((n) => Array<number>(evaluations).fill(n)),
    (n, candidate) => {
      const random = streams[n];
      if (norm === 'linf') random?.fillUniform(noise, -1, 1);
      else for (let i = 0; i < size; i++) noise[i] = random?.normal() ?? 0;
      let squares = 0;
      for (const value of noise) squares += value * value;
      const scale = probeOf(n) / Math.sqrt(squares);
      const point = rowOf(points, n, size);
      for (let i = 0; i < size; i++) {
        candidate[i] = Math.min(1, Math.max(0, (point[i] ?? 0) + scale * (noise[i] ?? 0)));
      }
    },
    (n, isAdversarial, candidate, row) => {
      const point = rowOf(points, n, size);
      const decision = isAdversarial ? 1 : -1;
      balance += decision;
      for (let i = 0; i < size; i++) {
        const moved = (candidate[i] ?? 0) - (point[i] ?? 0);
        sum[i] = (sum[i] ?? 0) + moved;
        signed[i] = (signed[i] ?? 0) + decision * moved;
      }
      if ((row + 1) % evaluations !== 0) return;
      // The mean decision as a baseline lowers the variance; where all agree it would leave nothing.
      const mean = balance / evaluations;
      const baseline = Math.abs(mean) === 1 ? 0 : mean;
      let squares = 0;
      for (let i = 0; i < size; i++) {
        const value = (signed[i] ?? 0) - baseline * (sum[i] ?? 0);
        signed[i] = value;
        squares += value * value;
      }
      const length = Math.sqrt(squares) || 1;
      const target = rowOf(normals, n, size);
      for (let i = 0; i < size; i++) {
        target[i] = norm === 'l2' ? (signed[i] ?? 0) / length : Math.sign(signed[i] ?? 0);
      }
      sum.fill(0);
      signed.fill(0);
      balance = 0;
    },
  );
  return normals;
}

/** Moves each image along its normal, by its length or the first half, quarter … that is misclassified. */
async function stepOut(
  { size, ask }: DecisionBatch,
  rows: readonly number[],
  points: Float32Array,
  normals: Float32Array,
  lengths: ReadonlyMap<number, number>,
): Promise<void> {
  let open = rows;
  for (let halving = 0; halving < HALVINGS && open.length > 0; halving++) {
    const left: number[] = [];
    await ask(
      open,
      (n, candidate) => {
        const length = (lengths.get(n) ?? 0) * 2 ** -halving;
        const [point, normal] = [rowOf(points, n, size), rowOf(normals, n, size)];
        for (let i = 0; i < size; i++) {
          candidate[i] = Math.min(1, Math.max(0, (point[i] ?? 0) + length * (normal[i] ?? 0)));
        }
      },
      (n, isAdversarial, candidate) => {
        if (isAdversarial) points.set(candidate, n * size);
        else left.push(n);
      },
    );
    open = left;
  }
}
