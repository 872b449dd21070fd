/**
 * How far an image is from being misclassified: the logit of its class minus the largest other one. Negative when
 * it is misclassified; Infinity where there is no other class, -Infinity where a logit is NaN: the network does not know
 * the class.
 * @param logits of one image
 */
export function marginOf(logits: Float32Array, label: number): number {
  let other = -Infinity;
  for (let k = 0; k < logits.length; k++) {
    const value = logits[k] ?? NaN;
    if (Number.isNaN(value)) return -Infinity;
    if (k !== label && value > other) other = value;
  }
  return (logits[label] ?? NaN) - other;
}

/** Logarithm of the probability of a class, in double precision: never flat, however sure the network is. */
export function logProbability(logits: Float32Array, label: number): number {
  const own = logits[label] ?? NaN;
  let others = 0;
  let largest = -Infinity;
  for (let k = 0; k < logits.length; k++) {
    if (k !== label) largest = Math.max(largest, (logits[k] ?? NaN) - own);
  }
  if (largest === -Infinity) return 0;
  for (let k = 0; k < logits.length; k++) {
    if (k !== label) others += Math.exp((logits[k] ?? NaN) - own - largest);
  }
  // log(1 + e^largest * others), written so that neither side overflows.
  const exponent = largest + Math.log(others);
  return exponent > 0 ? -(exponent + Math.log1p(Math.exp(-exponent))) : -Math.log1p(Math.exp(exponent));
}
