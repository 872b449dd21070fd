import { gatherImages, gatherLabels } from '../data/batch';
import type { ImageSet } from '../data/dataset';
import type { CompiledProgram } from '../engine/device';
import { readArray, releaseArray } from '../engine/device-array';
import type { NdArray } from '../engine/nd-array';
import { Random } from '../random';
import type { Attack } from './attack';
import { cancellationPoint } from './cancellation';
import { createAttack } from './create-attack';
import { padImages, padLabels } from './padding';
import { EvaluationState, type Attacked, type Evaluation } from './evaluation';
import { firstFloat32 } from './outputs';
import { readPredictions, type Prediction } from './predictions';
import { attackTitle, type ResolvedAttack } from './resolve-attack';
import type { Victim } from './victim';

/** Adversarial examples of one batch, for a report that fills while the attack goes on. */
export interface AttackedBatch {
  /** The evaluation so far. */
  readonly evaluation: Evaluation;
  readonly attackIndex: number;
  /** Positions in `indices`; image n of `clean` and `adversarial` belongs to `positions[n]`. */
  readonly positions: readonly number[];
  readonly clean: NdArray<'float32'>;
  readonly adversarial: NdArray<'float32'>;
  readonly predictions: readonly Prediction[];
}

export interface EvaluateOptions {
  readonly set: ImageSet;
  /** The images to evaluate on. */
  readonly indices: ArrayLike<number>;
  /** Keys the attacks' random starts: the same seed gives the same starts in every evaluation. */
  readonly seed: number;
  readonly signal: AbortSignal;
  /** In images: one clean pass, and one pass an attack. */
  readonly onProgress?: (done: number, total: number, detail: string) => void;
  readonly onBatch?: (batch: AttackedBatch) => Promise<void>;
}

/**
 * Measures clean and robust accuracy. Only images that are classified correctly are attacked, and a clean
 * error counts as not robust. Every adversarial example is checked outside the attack, on its float32 values:
 * norm, range, and a forward pass of its own.
 */
export class Evaluator {
  private readonly classify: CompiledProgram;
  private readonly attacks: readonly { parameters: ResolvedAttack; attack: Attack }[];

  /** @param batchSize the last batch is padded to it: one shape, one compilation. */
  constructor(
    victim: Victim,
    attacks: readonly ResolvedAttack[],
    private readonly batchSize: number,
  ) {
    this.classify = victim.device.compile('classify', (images) => [victim.logits(images)]);
    this.attacks = attacks.map((parameters) => ({ parameters, attack: createAttack(victim, parameters) }));
  }

  /** @throws M2atError `cancelled` */
  async evaluate(options: EvaluateOptions): Promise<Evaluation> {
    const { set, indices, onProgress } = options;
    const total = indices.length * (1 + this.attacks.length);
    const labels = gatherLabels(set, indices);
    const clean = await this.cleanPass(options, labels, total);
    const state = new EvaluationState(indices, labels, clean);
    for (const [attackIndex, { parameters, attack }] of this.attacks.entries()) {
      const outcome = state.begin(parameters);
      const start = performance.now();
      const queue = state.correctPositions;
      let batch = 0;
      for (let from = 0; from < queue.length; from += this.batchSize, batch++) {
        const positions = queue.slice(from, from + this.batchSize);
        const done = await this.attackBatch(options, attack, positions, labels, attackIndex, batch);
        const last = from + this.batchSize >= queue.length;
        outcome.seconds = (performance.now() - start) / 1000;
        state.add(outcome, positions, done, last);
        onProgress?.(
          indices.length * (1 + attackIndex) + outcome.images.length,
          total,
          attackTitle(parameters),
        );
        await options.onBatch?.({ ...done, evaluation: state.result(), attackIndex, positions });
      }
      state.finish(outcome);
    }
    return state.result();
  }

  /** Predictions on images that need not come from a set. @throws M2atError `cancelled` */
  async predict(images: NdArray<'float32'>, labels: Int32Array, signal: AbortSignal): Promise<Prediction[]> {
    const [count = 0, ...shape] = images.shape;
    const size = shape.reduce((product, dimension) => product * dimension, 1);
    const predictions: Prediction[] = [];
    for (let from = 0; from < count; from += this.batchSize) {
      await cancellationPoint(signal);
      const to = Math.min(count, from + this.batchSize);
      const part = { dtype: 'float32', shape: [to - from, ...shape] } as const;
      const data = images.data.subarray(from * size, to * size);
      const logits = firstFloat32(await this.classify.run(padImages({ ...part, data }, this.batchSize)));
      predictions.push(...readPredictions(logits, labels.subarray(from, to)));
    }
    return predictions;
  }

  async dispose(): Promise<void> {
    await this.classify.dispose();
    for (const { attack } of this.attacks) await attack.dispose();
  }

  private async cleanPass(
    { set, indices, signal, onProgress }: EvaluateOptions,
    labels: Int32Array,
    total: number,
  ): Promise<Prediction[]> {
    const predictions: Prediction[] = [];
    for (let from = 0; from < indices.length; from += this.batchSize) {
      const to = Math.min(indices.length, from + this.batchSize);
      const images = gatherImages(set, slice(indices, from, to));
      predictions.push(...(await this.predict(images, labels.subarray(from, to), signal)));
      onProgress?.(to, total, 'clean images');
    }
    return predictions;
  }

  private async attackBatch(
    { set, indices, seed, signal }: EvaluateOptions,
    attack: Attack,
    positions: readonly number[],
    allLabels: Int32Array,
    attackIndex: number,
    batch: number,
  ): Promise<Attacked> {
    const chosen = positions.map((position) => indices[position] ?? 0);
    const labels = Int32Array.from(positions, (position) => allLabels[position] ?? 0);
    const clean = gatherImages(set, chosen);
    const padded = { images: padImages(clean, this.batchSize), labels: padLabels(labels, this.batchSize) };
    const random = Random.keyed(seed, 'evaluation-attack', attackIndex, batch);
    const found = await attack.perturb(padded, { random, signal });
    try {
      const { data } = await readArray(found);
      const adversarial = { ...clean, data: data.subarray(0, clean.data.length) };
      await cancellationPoint(signal);
      const logits = firstFloat32(await this.classify.run(found));
      return { clean, adversarial, predictions: readPredictions(logits, labels) };
    } finally {
      releaseArray(found);
    }
  }
}

function slice(indices: ArrayLike<number>, from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, n) => indices[from + n] ?? 0);
}
