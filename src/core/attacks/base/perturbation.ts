import type { Norm } from '../parameters/attack-parameters';

/**
 * Length of `adversarial - clean` over one image, in double precision: largest entry (linf), Euclidean (l2), sum of
 * absolute values (l1), number of values that changed (l0). NaN where an entry is not a number.
 */
export function perturbationNorm(clean: Float32Array, adversarial: Float32Array, norm: Norm): number {
  let largest = 0;
  let squares = 0;
  let sum = 0;
  let changed = 0;
  for (let i = 0; i < clean.length; i++) {
    const delta = Math.abs((adversarial[i] ?? NaN) - (clean[i] ?? NaN));
    if (Number.isNaN(delta)) return NaN;
    if (delta > largest) largest = delta;
    if (delta > 0) changed++;
    sum += delta;
    squares += delta * delta;
  }
  switch (norm) {
    case 'linf':
      return largest;
    case 'l2':
      return Math.sqrt(squares);
    case 'l1':
      return sum;
    case 'l0':
      return changed;
  }
}

/** Allowance for float32 rounding in x + delta. */
export const ROUNDING = 1e-6;

/** Whether an adversarial image keeps the rules: every value in [0, 1], and a perturbation within epsilon. */
export function isWithinBudget(adversarial: Float32Array, norm: number, epsilon: number): boolean {
  // Written so that NaN fails.
  return norm <= epsilon + ROUNDING && adversarial.every((value) => value >= 0 && value <= 1);
}
