/** The step that an attack takes at its usual budget. */
export interface UsualStep {
  readonly step: number;
  readonly epsilon: number;
}

/**
 * The step of an attack for which none was given: the same share of epsilon as at its usual budget, so that as many
 * steps reach as far in a larger ball, and are as fine in a smaller one. In linf at most 1, the range of pixels.
 */
export function defaultStep(norm: string, epsilon: number, usual: UsualStep): number {
  // To the bit what the attack's authors state, where the budget is theirs.
  const step = epsilon === usual.epsilon ? usual.step : usual.step * (epsilon / usual.epsilon);
  return norm === 'linf' ? Math.min(1, step) : step;
}
