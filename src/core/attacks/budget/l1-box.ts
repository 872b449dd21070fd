/** What rounding to float32 adds must not leave the ball. */
const MARGIN = 1 - 1e-6;
/** Newton's method takes a handful; every other step halves the interval, as the bends can slow it down. */
const STEPS = 80;

/**
 * Writes the image nearest to `clean + delta` that is in [0, 1] and, in L1, within epsilon of `clean`: every value of
 * delta loses the same amount, no further than to 0, and is cut where it leaves [0, 1] (Croce and Hein, "Mind the Box:
 * l1-APGD for Sparse Adversarial Attacks on Image Classifiers", ICML 2021).
 * @param clean in [0, 1]
 */
export function writeWithinL1(
  clean: Float32Array,
  delta: Float64Array,
  epsilon: number,
  image: Float32Array,
): void {
  const amount = excess(clean, delta, epsilon * MARGIN);
  for (let i = 0; i < clean.length; i++) {
    const [from, by] = [clean[i] ?? 0, delta[i] ?? 0];
    const left = Math.max(0, Math.abs(by) - amount);
    image[i] = Math.min(1, Math.max(0, by > 0 ? from + left : from - left));
  }
}

/** What every value has to lose so that their sizes add up to the budget, within [0, 1]; 0 where they fit. */
function excess(clean: Float32Array, delta: Float64Array, budget: number): number {
  let high = 0;
  for (const value of delta) high = Math.max(high, Math.abs(value));
  let [low, amount] = [0, 0];
  for (let step = 0; step < STEPS; step++) {
    let [sum, falling] = [0, 0];
    for (let i = 0; i < delta.length; i++) {
      const by = delta[i] ?? 0;
      const left = Math.abs(by) - amount;
      if (left <= 0) continue;
      const from = clean[i] ?? 0;
      const room = by > 0 ? 1 - from : from;
      if (left <= room) falling++;
      sum += Math.min(left, room);
    }
    const over = sum - budget;
    if (over <= 0) high = amount;
    else low = amount;
    if (amount === high && Math.abs(over) <= 1e-9 * budget) break;
    if (over <= 0 && amount === 0) return 0;
    const next = falling > 0 && step % 2 === 0 ? amount + over / falling : NaN;
    amount = next > low && next < high ? next : (low + high) / 2;
    if (amount === low || amount === high) break;
  }
  return high;
}
