import { float32, type NdArray } from '../../engine/arrays/nd-array';
import type { Random } from '../../random';
import { bringToBoundary } from './boundary-search';
import type { BoundaryParameters } from './boundary-definition';
import { decisionBatch, euclidean, startingPoints, type DecisionBatch } from './decisions';
import { rowOf } from '../base/host-rows';
import { minimalNormAttack } from '../budget/minimal-norm';
import type { CreateScoreAttack } from '../base/score-model';

/** Relative precision to which a starting point is brought to the boundary. */
const START_TOLERANCE = 2 ** -10;

/**
 * Boundary attack: a random walk of a misclassified image (targeted: one that is taken for the target) along the decision boundary. Each step goes sideways on
 * the sphere around the clean image, then towards it, and is kept if it is misclassified and closer. The sizes
 * of both follow how often steps succeed, every `updateEvery` steps, by foolbox's rules. Minimal L2 norm.
 * Brendel, Rauber and Bethge, "Decision-Based Adversarial Attacks: Reliable Attacks Against Black-Box Machine
 * Learning Models", ICLR 2018.
 */
export const createBoundary: CreateScoreAttack<BoundaryParameters> = (model, parameters) =>
  minimalNormAttack(
    model,
    { norm: 'l2' },
    {
      find: (batch, _, context) => walkAll(decisionBatch(model, batch, context), parameters),
      dispose: () => Promise.resolve(),
    },
  );

async function walkAll(
  decisions: DecisionBatch,
  parameters: BoundaryParameters,
): Promise<NdArray<'float32'>> {
  const { steps, updateEvery, convergedStep, initialDraws } = parameters;
  const { clean, size, shape, streams, ask } = decisions;
  const { points, found } = await startingPoints(decisions, initialDraws, 'l2');
  await bringToBoundary(decisions, found, points, 'l2', START_TOLERANCE);
  const walks = new Map(found.map((n) => [n, new Walk(rowOf(clean, n, size), parameters)]));
  let rows = found;
  for (let step = 1; step <= steps && rows.length > 0; step++) {
    const isUpdate = step % updateEvery === 0;
    await ask(
      rows,
      (n, candidate) => walks.get(n)?.propose(rowOf(points, n, size), streams[n], candidate),
      (n, isAdversarial, candidate) => {
        const walk = walks.get(n);
        const point = rowOf(points, n, size);
        if (isAdversarial && walk?.isCloser(candidate, point)) point.set(candidate);
        if (isUpdate) walk?.noteStep(isAdversarial);
      },
    );
    if (!isUpdate) continue;
    await ask(
      rows,
      (n, candidate) => walks.get(n)?.writeSideways(candidate),
      (n, isAdversarial) => walks.get(n)?.noteSideways(isAdversarial),
    );
    for (const n of rows) walks.get(n)?.adapt();
    rows = rows.filter((n) => (walks.get(n)?.sourceStep ?? 0) >= convergedStep);
  }
  return float32(points, [streams.length, ...shape]);
}

/** The walk of one image. */
class Walk {
  sourceStep: number;
  private sphericalStep: number;
  private readonly sideways: Float32Array;
  private readonly sidewaysDecisions = new RecentDecisions(100);
  private readonly stepDecisions = new RecentDecisions(30);

  constructor(
    private readonly clean: Float32Array,
    private readonly parameters: BoundaryParameters,
  ) {
    this.sourceStep = parameters.sourceStep;
    this.sphericalStep = parameters.sphericalStep;
    this.sideways = new Float32Array(clean.length);
  }

  /** Writes the next candidate; the sideways half of the step is kept for {@link writeSideways}. */
  propose(point: Float32Array, random: Random | undefined, candidate: Float32Array): void {
    const { clean, sideways, sphericalStep } = this;
    const size = clean.length;
    const distance = euclidean(clean, point) || Number.MIN_VALUE;
    // A random direction at right angles to the one from the clean image, as candidate's values for now.
    let along = 0;
    for (let i = 0; i < size; i++) {
      const value = random?.normal() ?? 0;
      candidate[i] = value;
      along += (value * ((point[i] ?? 0) - (clean[i] ?? 0))) / distance;
    }
    let squares = 0;
    for (let i = 0; i < size; i++) {
      const value = (candidate[i] ?? 0) - (along * ((point[i] ?? 0) - (clean[i] ?? 0))) / distance;
      candidate[i] = value;
      squares += value * value;
    }
    const scale = (sphericalStep * distance) / (Math.sqrt(squares) || 1);
    const shrink = 1 / Math.sqrt(sphericalStep ** 2 + 1);
    let newSquares = 0;
    for (let i = 0; i < size; i++) {
      const from = clean[i] ?? 0;
      const moved = shrink * ((point[i] ?? 0) - from + scale * (candidate[i] ?? 0));
      const value = Math.min(1, Math.max(0, from + moved));
      sideways[i] = value;
      newSquares += (value - from) ** 2;
    }
    // Clipping changes the length: the step makes up for it, and is none where clipping came closer already.
    const newDistance = Math.sqrt(newSquares) || Number.MIN_VALUE;
    const towards = Math.max(0, this.sourceStep * distance + newDistance - distance) / newDistance;
    for (let i = 0; i < size; i++) {
      const value = sideways[i] ?? 0;
      candidate[i] = Math.min(1, Math.max(0, value + towards * ((clean[i] ?? 0) - value)));
    }
  }

  writeSideways(candidate: Float32Array): void {
    candidate.set(this.sideways);
  }

  isCloser(candidate: Float32Array, point: Float32Array): boolean {
    return euclidean(this.clean, candidate) < euclidean(this.clean, point);
  }

  noteStep(isAdversarial: boolean): void {
    this.stepDecisions.add(isAdversarial);
  }

  noteSideways(isAdversarial: boolean): void {
    this.sidewaysDecisions.add(isAdversarial);
  }

  /** Larger steps where they succeed often, smaller ones where they seldom do. */
  adapt(): void {
    const factor = this.parameters.stepAdaptation;
    const sideways = this.sidewaysDecisions.change(0.2, 0.5);
    this.sphericalStep *= factor ** sideways;
    this.sourceStep *= factor ** sideways;
    this.sourceStep *= factor ** this.stepDecisions.change(0.1, 0.25);
  }
}

/** The last decisions, up to a number. */
class RecentDecisions {
  private readonly decisions: boolean[] = [];

  constructor(private readonly capacity: number) {}

  add(decision: boolean): void {
    this.decisions.push(decision);
    if (this.decisions.length > this.capacity) this.decisions.shift();
  }

  /** 1 when more than a share `high` were true, -1 when less than `low`; then begins anew. 0 otherwise, and before there are enough. */
  change(low: number, high: number): -1 | 0 | 1 {
    if (this.decisions.length < this.capacity) return 0;
    const share = this.decisions.filter(Boolean).length / this.capacity;
    if (share >= low && share <= high) return 0;
    this.decisions.length = 0;
    return share > high ? 1 : -1;
  }
}
