import type { AttackedBatch, JudgedBatch } from '../attacks/evaluator';
import type { Prediction } from '../attacks/predictions';
import { attackTitle, budgetOf, normOf, type ResolvedAttack } from '../attacks/resolve-attack';
import { float32 } from '../engine/nd-array';
import { encodePicture } from './picture';
import type { SampleGrid } from './run-files';
import type { Samples } from './sample-files';

/** Images in the grid of an attack. */
const SHOWN = 24;
/** Places in it that are kept for images that withstood, where there are that many. */
const WITHSTOOD = 8;

interface Example {
  readonly index: number;
  readonly label: number;
  readonly broken: boolean;
  readonly clean: Float32Array;
  readonly adversarial: Float32Array;
  readonly cleanPrediction: Prediction;
  readonly adversarialPrediction: Prediction;
}

/** Collects, for each attack, examples to show: the first ones that fool, then some of those that withstood. */
export class AttackSamples {
  private readonly examples: { readonly broken: Example[]; readonly unbroken: Example[] }[];
  private imageShape: readonly number[] = [];
  private attacked = 0;

  constructor(
    private readonly attacks: readonly ResolvedAttack[],
    private readonly classNames: readonly string[],
  ) {
    this.examples = attacks.map(() => ({ broken: [], unbroken: [] }));
  }

  add(batch: AttackedBatch): void {
    this.restore(batch, batch.evaluation.clean);
  }

  /** The same for a batch of an earlier process. */
  restore(
    { attackIndex, entered, clean, adversarial, predictions }: JudgedBatch,
    cleanPredictions: readonly Prediction[],
  ): void {
    const kept = this.examples[attackIndex];
    this.imageShape = clean.shape.slice(1);
    this.attacked += entered.positions.length;
    const size = clean.data.length / entered.positions.length;
    for (const [n, position] of entered.positions.entries()) {
      const outcome = entered.images[n];
      const cleanPrediction = cleanPredictions[position];
      const adversarialPrediction = predictions[n];
      if (!kept || !outcome || !cleanPrediction || !adversarialPrediction) continue;
      const list = outcome.broken ? kept.broken : kept.unbroken;
      if (list.length === SHOWN) continue;
      const of = (images: Float32Array): Float32Array => images.slice(n * size, (n + 1) * size);
      const { index, label, broken } = outcome;
      list.push({
        index,
        label,
        broken,
        clean: of(clean.data),
        adversarial: of(adversarial.data),
        cleanPrediction,
        adversarialPrediction,
      });
    }
  }

  /** Clean image, perturbation (amplified to its largest value where no bound is on pixels), adversarial image; undefined while empty. */
  grid(attackIndex: number): Samples | undefined {
    const kept = this.examples[attackIndex];
    const attack = this.attacks[attackIndex];
    if (!kept || !attack) return undefined;
    const withstood = Math.min(WITHSTOOD, kept.unbroken.length);
    const examples = [...kept.broken.slice(0, SHOWN - withstood), ...kept.unbroken].slice(0, SHOWN);
    if (examples.length === 0) return undefined;
    const shape = [examples.length, ...this.imageShape];
    const stack = (pixels: (example: Example) => Float32Array): ReturnType<typeof float32> => {
      const data = new Float32Array(shape.reduce((size, dimension) => size * dimension, 1));
      for (const [n, example] of examples.entries())
        data.set(pixels(example), (n * data.length) / examples.length);
      return float32(data, shape);
    };
    const delta = stack(({ clean, adversarial }) => adversarial.map((value, i) => value - (clean[i] ?? NaN)));
    // Pixels have a size of their own where epsilon says nothing about one: they are amplified to the largest of them.
    const budget = normOf(attack) === 'linf' ? budgetOf(attack) : Infinity;
    const scale = Number.isFinite(budget) ? budget : largest(delta.data);
    const png = encodePicture(
      [
        { kind: 'image', data: stack(({ clean }) => clean) },
        { kind: 'perturbation', data: delta },
        { kind: 'image', data: stack(({ adversarial }) => adversarial) },
      ],
      examples.length,
      scale,
    );
    return { grid: this.describe(attack, examples), png };
  }

  private describe(attack: ResolvedAttack, examples: readonly Example[]): SampleGrid {
    const [height = 0, width = 0] = this.imageShape;
    return {
      step: this.attacked,
      epoch: 0,
      imageSize: { height, width },
      columns: [
        { key: 'x', title: 'clean', kind: 'image' },
        { key: 'delta', title: 'perturbation', kind: 'perturbation' },
        { key: 'xAdv', title: attackTitle(attack), kind: 'image' },
      ],
      rows: examples.map(({ index, label, cleanPrediction, adversarialPrediction }) => ({
        index,
        label,
        predictions: { x: brief(cleanPrediction), xAdv: brief(adversarialPrediction) },
      })),
      classNames: [...this.classNames],
    };
  }
}

function brief({ label, confidence }: Prediction): { label: number; confidence: number } {
  return { label, confidence };
}

function largest(values: Float32Array): number {
  return values.reduce((found, value) => Math.max(found, Math.abs(value)), 0);
}
