/**
 * Binary search for the weight of the misclassification term, for each image on its own, as in Carlini and Wagner 2017:
 * ten times more as long as none was enough, then halfway between the largest that was not and the smallest that was.
 * @param attempt tells for which images the weights were enough: 1 or more
 */
export async function searchConstants(
  count: number,
  { searches, initialConstant }: { readonly searches: number; readonly initialConstant: number },
  attempt: (constants: Float32Array) => Promise<ArrayLike<number>>,
): Promise<void> {
  const constants = new Float32Array(count).fill(initialConstant);
  const lower = new Float64Array(count);
  const upper = new Float64Array(count).fill(Infinity);
  for (let search = 0; search < searches; search++) {
    const enough = await attempt(constants);
    for (let n = 0; n < count; n++) {
      const constant = constants[n] ?? 0;
      if ((enough[n] ?? 0) > 0) upper[n] = constant;
      else lower[n] = constant;
      const [low = 0, high = Infinity] = [lower[n], upper[n]];
      constants[n] = high === Infinity ? Math.min(LARGEST, 10 * constant) : (low + high) / 2;
    }
  }
}

/** Products with a larger weight would leave float32's range sooner or later. */
const LARGEST = 1e10;
