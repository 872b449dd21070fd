/** Ends of a confidence interval, fractions in [0, 1]. */
export type Interval = [low: number, high: number];

/** The normal distribution has 95 % of its mass within so many standard deviations. */
const DEVIATIONS = 1.959963984540054;

/**
 * The Wilson 95 % score interval of a share (Wilson 1927): what the share over all images of their kind may be, when it
 * was measured on `count` of them.
 * @param share fraction in [0, 1]
 * @param count images that it is a share of
 * @returns undefined without images
 */
export function wilsonInterval(share: number, count: number): Interval | undefined {
  if (!(count > 0) || !(share >= 0 && share <= 1)) return undefined;
  const spread = DEVIATIONS ** 2 / count;
  const centre = (share + spread / 2) / (1 + spread);
  const half = Math.sqrt(spread * share * (1 - share) + spread ** 2 / 4) / (1 + spread);
  // Rounding must not keep the ends from the values that they have.
  return [share === 0 ? 0 : Math.max(0, centre - half), share === 1 ? 1 : Math.min(1, centre + half)];
}

/** `40.7–49.4`, in percent. */
export function percentRange([low, high]: Readonly<Interval>, digits = 1): string {
  return [low, high].map((end) => (100 * end).toFixed(digits)).join('–');
}
