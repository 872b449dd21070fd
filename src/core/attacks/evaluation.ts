import type { NdArray } from '../engine/nd-array';
import { isWithinBudget, perturbationNorm } from './perturbation';
import type { Prediction } from './predictions';
import { attackTitle, budgetOf, normOf, type ResolvedAttack } from './resolve-attack';

/** What an attack did to one image. */
export interface ImageOutcome {
  /** Index in the image set. */
  readonly index: number;
  readonly label: number;
  readonly cleanPrediction: number;
  /** For a clean error, which is not attacked: the clean prediction. */
  readonly adversarialPrediction: number;
  /** Classified correctly before, and misclassified by an example that keeps the budget. */
  readonly broken: boolean;
  /** Of the perturbation, in the attack's norm. */
  readonly norm: number;
  /** Cross-entropy of the adversarial example, nats. */
  readonly loss: number;
}

export interface AttackOutcome {
  readonly title: string;
  readonly parameters: ResolvedAttack;
  /** Share of the images so far (`images`) that are classified correctly, clean and under this attack. */
  readonly robustAccuracy: number;
  readonly seconds: number;
  readonly images: readonly ImageOutcome[];
  /** Examples that broke a rule (budget or [0, 1]) and therefore don't count. 0 unless an attack has a defect. */
  readonly invalid: number;
}

/** Results on the images that every attack which has begun is through with: all of them at the end. */
export interface Evaluation {
  /** Those images. */
  readonly count: number;
  /** Mean clean cross-entropy, nats. */
  readonly loss: number;
  readonly cleanAccuracy: number;
  /** Worst case: share classified correctly clean and under every attack. */
  readonly robustAccuracy: number;
  /** On all images. */
  readonly clean: readonly Prediction[];
  readonly attacks: readonly AttackOutcome[];
}

/** One attacked batch; arrays are [N, H, W, C]. */
export interface Attacked {
  readonly clean: NdArray<'float32'>;
  readonly adversarial: NdArray<'float32'>;
  readonly predictions: readonly Prediction[];
}

export interface GrowingOutcome {
  readonly title: string;
  readonly parameters: ResolvedAttack;
  readonly images: ImageOutcome[];
  robustAccuracy: number;
  seconds: number;
  invalid: number;
}

/** The numbers of an evaluation while it fills. Images enter an outcome in the order of `indices`. */
export class EvaluationState {
  readonly correctPositions: readonly number[];
  private readonly outcomes: GrowingOutcome[] = [];
  private readonly brokenByAny: Uint8Array;

  constructor(
    private readonly indices: ArrayLike<number>,
    private readonly labels: Int32Array,
    private readonly clean: readonly Prediction[],
  ) {
    this.correctPositions = clean.flatMap(({ label }, n) => (label === labels[n] ? [n] : []));
    this.brokenByAny = new Uint8Array(clean.length);
  }

  begin(parameters: ResolvedAttack): GrowingOutcome {
    const outcome = {
      title: attackTitle(parameters),
      parameters,
      images: [],
      robustAccuracy: 0,
      seconds: 0,
      invalid: 0,
    };
    this.outcomes.push(outcome);
    return outcome;
  }

  add(outcome: GrowingOutcome, positions: readonly number[], done: Attacked, last: boolean): void {
    const size = done.clean.data.length / positions.length;
    for (const [n, position] of positions.entries()) {
      this.cleanErrorsBefore(outcome, position);
      const adversarial = done.adversarial.data.subarray(n * size, (n + 1) * size);
      const clean = done.clean.data.subarray(n * size, (n + 1) * size);
      const norm = perturbationNorm(clean, adversarial, normOf(outcome.parameters));
      const valid = isWithinBudget(adversarial, norm, budgetOf(outcome.parameters));
      const label = this.labels[position] ?? 0;
      const prediction = done.predictions[n];
      const broken = valid && prediction !== undefined && prediction.label !== label;
      if (!valid) outcome.invalid++;
      if (broken) this.brokenByAny[position] = 1;
      outcome.images.push({
        index: this.indices[position] ?? 0,
        label,
        cleanPrediction: label,
        adversarialPrediction: prediction?.label ?? label,
        broken,
        // Not a number only in an example that an attack spoiled; JSON has no such thing.
        norm: Number.isNaN(norm) ? Number.MAX_VALUE : norm,
        loss: prediction?.loss ?? NaN,
      });
    }
    if (last) this.finish(outcome);
    else this.count(outcome);
  }

  /** Enters the clean errors after the last attacked image. */
  finish(outcome: GrowingOutcome): void {
    this.cleanErrorsBefore(outcome, this.clean.length);
    this.count(outcome);
  }

  result(): Evaluation {
    // An image that an attack has not come to yet says nothing about robustness.
    const count = Math.min(this.clean.length, ...this.outcomes.map(({ images }) => images.length));
    const correct = this.correctPositions.filter((position) => position < count);
    const unbroken = correct.filter((position) => !this.brokenByAny[position]);
    const share = (part: number): number => (count === 0 ? 0 : part / count);
    return {
      count,
      loss: share(this.clean.slice(0, count).reduce((sum, { loss }) => sum + loss, 0)),
      cleanAccuracy: share(correct.length),
      robustAccuracy: share(unbroken.length),
      clean: this.clean,
      attacks: this.outcomes,
    };
  }

  private count(outcome: GrowingOutcome): void {
    const { images } = outcome;
    const robust = images.filter((image) => image.cleanPrediction === image.label && !image.broken).length;
    outcome.robustAccuracy = images.length === 0 ? 0 : robust / images.length;
  }

  private cleanErrorsBefore(outcome: GrowingOutcome, end: number): void {
    for (let position = outcome.images.length; position < end; position++) {
      const prediction = this.clean[position];
      if (!prediction) return;
      outcome.images.push({
        index: this.indices[position] ?? 0,
        label: this.labels[position] ?? 0,
        cleanPrediction: prediction.label,
        adversarialPrediction: prediction.label,
        broken: false,
        norm: 0,
        loss: prediction.loss,
      });
    }
  }
}
