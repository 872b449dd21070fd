/**
 * The decay of an average of weights after a step: 0 before the warm-up is over, then (1 + d) / (10 + d) after d further
 * steps until that is above `decay`. As in the code of Wang et al., ICML 2023.
 * @param step from 1
 * @param warmup steps, not necessarily whole ones
 */
export function emaDecay(step: number, warmup: number, decay: number): number {
  const after = step - warmup;
  return after < 0 ? 0 : Math.min(decay, (1 + after) / (10 + after));
}
