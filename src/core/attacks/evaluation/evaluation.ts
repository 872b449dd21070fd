import type { NdArray } from '../../engine/arrays/nd-array';
import { worstCaseOf } from '../plan/counting-groups';
import { isMoved } from '../parameters/moved';
import { isWithinBudget, perturbationNorm } from '../base/perturbation';
import { isTakenFor, type Prediction } from '../base/predictions';
import { attackTitle } from '../plan/attack-title';
import { budgetOf, isMinimalNorm, normOf } from '../parameters/known-attack';
import type { ResolvedAttack } from '../plan/resolve-attack';

/** What an attack did to one image. */
export interface ImageOutcome {
  /** Index in the image set. */
  readonly index: number;
  readonly label: number;
  readonly cleanPrediction: number;
  /** For a clean error, which is not attacked: the clean prediction. */
  readonly adversarialPrediction: number;
  /**
   * Classified correctly before, and misclassified by an example that keeps the budget; of a targeted attack: taken for
   * the target.
   */
  readonly broken: boolean;
  /** Of a targeted attack: the class to reach. An image whose label it is was left out. */
  readonly target?: number | undefined;
  /** Of a targeted attack: misclassified by an example that keeps the budget, as whatever class. */
  readonly misclassified?: boolean | undefined;
  /** Of the perturbation, in the attack's norm. */
  readonly norm: number;
  /** Cross-entropy of the adversarial example, nats. */
  readonly loss: number;
  /** Of the adversarial prediction, in [0, 1]. */
  readonly adversarialConfidence: number;
  /** True where a decision-based attack found no image to start from, and so left this one as it is. */
  readonly noStart?: true;
  /** Of a broken image: whether its example, rounded to 8 bits, is still adversarial. */
  readonly survivesRounding?: boolean;
  /** In an ensemble: the attack, by its place in the report, that had broken the image before; this one left it out. */
  readonly carriedFrom?: number;
}

export interface AttackOutcome extends ResolvedAttack {
  readonly title: string;
  /** Attacks with the same number are an ensemble: what one has broken is not attacked by those after it. */
  readonly group: number;
  /**
   * Share of the images so far (`images`) that are classified correctly, clean and under this attack and, in an
   * ensemble, under those before it.
   */
  readonly robustAccuracy: number;
  readonly seconds: number;
  readonly images: readonly ImageOutcome[];
  /** Examples that broke a rule (budget or [0, 1]) and therefore don't count. 0 unless an attack has a defect. */
  readonly invalid: number;
}

/** Results on the images that every attack which has begun, and counts, is through with: all of them at the end. */
export interface Evaluation {
  /** Those images. */
  readonly count: number;
  /** Mean clean cross-entropy, nats. */
  readonly loss: number;
  readonly cleanAccuracy: number;
  /**
   * Worst case: share classified correctly clean and under every attack that counts. One that is measured on fewer images
   * than there are does not.
   */
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
  /** Rows for which a decision-based attack found nothing to start from. */
  readonly withoutStart?: ReadonlySet<number>;
  /** Rows for which the budget has no image on the 8-bit grid, where one was asked for. */
  readonly unfit?: ReadonlySet<number>;
}

export interface GrowingOutcome extends ResolvedAttack {
  readonly title: string;
  readonly group: number;
  /** Of a targeted attack: the class that each image is to be taken for, by position. */
  readonly targets?: Int32Array | undefined;
  /** It is measured on the first so many images. */
  readonly count: number;
  readonly images: ImageOutcome[];
  robustAccuracy: number;
  seconds: number;
  invalid: number;
}

/** What one batch adds to the outcome of an attack. */
export interface EnteredBatch {
  /** Positions of its images, ascending. */
  readonly positions: readonly number[];
  /** One an image. */
  readonly images: readonly ImageOutcome[];
  /** Examples that broke a rule. */
  readonly invalid: number;
}

/** The numbers of an evaluation while it fills. Images enter an outcome in the order of `indices`. */
export class EvaluationState {
  readonly correctPositions: readonly number[];
  private readonly outcomes: GrowingOutcome[] = [];
  /** For each group: the images that it moved from their labels, by position. */
  private readonly fallen = new Map<number, Map<number, ImageOutcome>>();

  constructor(
    private readonly indices: ArrayLike<number>,
    readonly labels: Int32Array,
    readonly clean: readonly Prediction[],
    /** Groups that only draw a curve. */
    private readonly curves: ReadonlySet<number> = new Set(),
  ) {
    this.correctPositions = clean.flatMap(({ label }, n) => (label === labels[n] ? [n] : []));
  }

  /**
   * @param group by default the attack is no part of an ensemble
   * @param targets of a targeted attack, by position
   * @param count it is measured on the first so many images; absent: on all
   */
  begin(
    attack: ResolvedAttack,
    group = -1 - this.outcomes.length,
    targets?: Int32Array,
    count = Infinity,
  ): GrowingOutcome {
    const { definition, parameters } = attack;
    const outcome = {
      title: attackTitle(attack),
      group,
      definition,
      parameters,
      targets,
      count: Math.min(count, this.clean.length),
      images: [],
      robustAccuracy: 0,
      seconds: 0,
      invalid: 0,
    };
    this.outcomes.push(outcome);
    if (!this.fallen.has(group)) this.fallen.set(group, new Map());
    return outcome;
  }

  /**
   * The images that an attack which begins now has to attack: in an ensemble those that withstood so far; of a targeted
   * attack those whose label is not their target.
   */
  open({ group, targets, count }: GrowingOutcome): readonly number[] {
    const fallen = this.fallen.get(group);
    return this.correctPositions.filter(
      (position) =>
        position < count && !fallen?.has(position) && targets?.[position] !== this.labels[position],
    );
  }

  /** Judges a batch by its bytes alone and its predictions. */
  judge(outcome: GrowingOutcome, positions: readonly number[], done: Attacked): EnteredBatch {
    const { targets } = outcome;
    const size = done.clean.data.length / positions.length;
    const [norm, epsilon] = [normOf(outcome), budgetOf(outcome)];
    let invalid = 0;
    const images = positions.map((position, n): ImageOutcome => {
      const adversarial = done.adversarial.data.subarray(n * size, (n + 1) * size);
      const length = perturbationNorm(done.clean.data.subarray(n * size, (n + 1) * size), adversarial, norm);
      const within = isWithinBudget(adversarial, length, epsilon);
      // An attack that looks for the smallest perturbation may well find one that is larger than epsilon.
      const excused = isMinimalNorm(outcome) || done.unfit?.has(n) === true;
      if (!within && !(excused && isWithinBudget(adversarial, length, Infinity))) invalid++;
      const label = this.labels[position] ?? 0;
      const prediction = done.predictions[n];
      const moved = within && prediction !== undefined && prediction.label !== label;
      const target = targets?.[position];
      return {
        index: this.indices[position] ?? 0,
        label,
        cleanPrediction: label,
        adversarialPrediction: prediction?.label ?? label,
        broken: moved && (target === undefined || isTakenFor(prediction, target)),
        ...(target !== undefined && { target, misclassified: moved }),
        // Not a number only in an example that an attack spoiled; JSON has no such thing.
        norm: Number.isNaN(length) ? Number.MAX_VALUE : length,
        loss: prediction?.loss ?? NaN,
        adversarialConfidence: prediction?.confidence ?? 0,
        ...(done.withoutStart?.has(n) && { noStart: true }),
      };
    });
    return { positions, images, invalid };
  }

  enter(outcome: GrowingOutcome, { positions, images, invalid }: EnteredBatch, last: boolean): void {
    const attack = this.outcomes.indexOf(outcome);
    for (const [n, position] of positions.entries()) {
      const image = images[n];
      if (!image) continue;
      this.passOver(outcome, position);
      outcome.images.push(image);
      if (!isMoved(image)) continue;
      this.fallen.get(outcome.group)?.set(position, { ...image, carriedFrom: attack });
    }
    outcome.invalid += invalid;
    if (last) this.finish(outcome);
    else this.count(outcome);
  }

  /** Enters the images after the last attacked one. */
  finish(outcome: GrowingOutcome): void {
    this.passOver(outcome, outcome.count);
    this.count(outcome);
  }

  result(): Evaluation {
    // An image that an attack has not come to yet says nothing about robustness.
    const whole = this.outcomes.filter(({ count }) => count === this.clean.length);
    const worstCase = worstCaseOf(whole, this.curves);
    const counting = whole.filter(({ group }) => worstCase.groups.has(group));
    const count = Math.min(this.clean.length, ...counting.map(({ images }) => images.length));
    const correct = this.correctPositions.filter((position) => position < count);
    const fallen = new Set(
      whole.flatMap((attack) =>
        [...(this.fallen.get(attack.group) ?? [])].flatMap(([position, { norm }]) =>
          worstCase.counts(attack, norm) ? [position] : [],
        ),
      ),
    );
    const unbroken = correct.filter((position) => !fallen.has(position));
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
    const robust = images.filter((image) => image.cleanPrediction === image.label && !isMoved(image)).length;
    outcome.robustAccuracy = images.length === 0 ? 0 : robust / images.length;
  }

  /**
   * Enters the images before `end` that are not attacked: clean errors, what the ensemble has broken before, and those
   * whose label is their target.
   */
  private passOver(outcome: GrowingOutcome, end: number): void {
    for (let position = outcome.images.length; position < end; position++) {
      const prediction = this.clean[position];
      if (!prediction) return;
      const target = outcome.targets?.[position];
      outcome.images.push(
        this.fallen.get(outcome.group)?.get(position) ?? {
          index: this.indices[position] ?? 0,
          label: this.labels[position] ?? 0,
          cleanPrediction: prediction.label,
          adversarialPrediction: prediction.label,
          broken: false,
          ...(target !== undefined && { target, misclassified: false }),
          norm: 0,
          loss: prediction.loss,
          adversarialConfidence: prediction.confidence,
        },
      );
    }
  }
}
