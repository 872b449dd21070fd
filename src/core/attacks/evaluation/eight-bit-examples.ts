import { float32, type NdArray } from '../../engine/arrays/nd-array';
import { gatherRows } from '../base/batch-rows';
import { roundInwards, rounded, toEightBit, type Rounding } from '../base/eight-bit';
import type { Attacked, EnteredBatch } from './evaluation';
import { isWithinBudget, perturbationNorm } from '../base/perturbation';
import type { Prediction } from '../base/predictions';
import { budgetOf, isMinimalNorm, normOf } from '../parameters/known-attack';
import type { ResolvedAttack } from '../plan/resolve-attack';

/** What a batch is looked at with. */
export interface Judges {
  /** A forward pass over images that stand in these rows of the batch, in that order. */
  readonly classify: (images: NdArray<'float32'>, rows: readonly number[]) => Promise<readonly Prediction[]>;
  /** Whether a prediction for the image in a row is what the attack wants. */
  readonly fools: (prediction: Prediction | undefined, row: number) => boolean;
}

/**
 * Puts the examples of a batch on the 8-bit grid and looks at what is left of them. An attack that looks for the smallest
 * perturbation stops at the boundary, where rounding towards the clean image mostly undoes it: what does not fool any more
 * is rounded to the nearest level and, if that does not fool either, away from the clean image.
 */
export async function eightBitExamples(
  { clean, adversarial }: Pick<Attacked, 'clean' | 'adversarial'>,
  attack: ResolvedAttack,
  { classify, fools }: Judges,
): Promise<Attacked> {
  const rows = [...Array(clean.shape[0] ?? 0).keys()];
  const size = clean.data.length / Math.max(1, rows.length);
  const part = ({ data }: NdArray<'float32'>, row: number): Float32Array =>
    data.subarray(row * size, (row + 1) * size);
  const epsilon = isMinimalNorm(attack) ? Infinity : budgetOf(attack);
  const budget = { norm: normOf(attack), epsilon };
  const found = float32(adversarial.data.slice(), adversarial.shape);
  const unfit = new Set<number>();
  for (const row of rows) {
    const [from, to] = [part(clean, row), part(adversarial, row)];
    // What breaks a rule stays as it is: the defect must show.
    if (!isWithinBudget(to, perturbationNorm(from, to, budget.norm), epsilon)) continue;
    const { image, fits } = roundInwards(from, to, budget);
    part(found, row).set(image);
    if (!fits) unfit.add(row);
  }
  const predictions = [...(await classify(found, rows))];
  const roundings: readonly Rounding[] = isMinimalNorm(attack) ? ['nearest', 'outwards'] : [];
  for (const rounding of roundings) {
    const left = rows.filter((row) => !fools(predictions[row], row) && !unfit.has(row));
    if (left.length === 0) break;
    const tried = gatherRows(adversarial, left);
    const data = Float32Array.from(tried.data);
    for (const [n, row] of left.entries()) {
      data.set(rounded(part(clean, row), part(adversarial, row), rounding), n * size);
    }
    const judged = await classify(float32(data, tried.shape), left);
    for (const [n, row] of left.entries()) {
      const prediction = judged[n];
      if (!prediction || !fools(prediction, row)) continue;
      part(found, row).set(data.subarray(n * size, (n + 1) * size));
      predictions[row] = prediction;
    }
  }
  return { clean, adversarial: found, predictions, unfit };
}

/** Says of each example that counts whether it still fools as an 8-bit file would keep it. */
export async function withSurvivors(
  entered: EnteredBatch,
  adversarial: NdArray<'float32'>,
  { classify, fools }: Judges,
): Promise<EnteredBatch> {
  const rows = [...entered.images.keys()].filter((row) => entered.images[row]?.broken);
  if (rows.length === 0) return entered;
  const examples = gatherRows(adversarial, rows);
  const judged = await classify(float32(toEightBit(examples.data), examples.shape), rows);
  const survives = new Map(rows.map((row, n) => [row, fools(judged[n], row)]));
  return {
    ...entered,
    images: entered.images.map((image, row) => {
      const survivesRounding = survives.get(row);
      return survivesRounding === undefined ? image : { ...image, survivesRounding };
    }),
  };
}
