/** Length of `adversarial - clean` over one image, in double precision: largest entry (linf) or Euclidean (l2). */
export function perturbationNorm(
  clean: Float32Array,
  adversarial: Float32Array,
  norm: 'linf' | 'l2',
): number {
  let largest = 0;
  let squares = 0;
  for (let i = 0; i < clean.length; i++) {
    const delta = Math.abs((adversarial[i] ?? NaN) - (clean[i] ?? NaN));
    if (Number.isNaN(delta)) return NaN;
    if (delta > largest) largest = delta;
    squares += delta * delta;
  }
  return norm === 'linf' ? largest : Math.sqrt(squares);
}

/** Allowance for float32 rounding in x + delta. */
const ROUNDING = 1e-6;

/** Whether an adversarial image keeps the rules: every value in [0, 1], and a perturbation within epsilon. */
export function isWithinBudget(adversarial: Float32Array, norm: number, epsilon: number): boolean {
  // Written so that NaN fails.
  return norm <= epsilon + ROUNDING && adversarial.every((value) => value >= 0 && value <= 1);
}
