import { createHash } from 'node:crypto';

/**
 * A stream of pseudo-random numbers that is fixed by its key: the same seed, purpose and counters give the
 * same stream, on every machine. A run therefore saves no generator state: epoch 7 of the shuffle is
 * `Random.keyed(seed, 'shuffle', 7)`, whether the run was resumed or not.
 *
 * SHA-256 of the key gives the 128-bit state of an sfc32 generator (Chris Doty-Humphrey's PractRand): streams
 * of different keys are unrelated, and a number costs a few nanoseconds. Not for secrets.
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;
  /** The second number of the pair that the polar method makes. */
  private spareNormal: number | undefined;

  private constructor(private readonly key: readonly (string | number)[]) {
    // JSON separates the parts without ambiguity: ('a', 1, 2) and ('a1', 2) differ.
    const state = createHash('sha256').update(JSON.stringify(key)).digest();
    this.a = state.readInt32LE(0);
    this.b = state.readInt32LE(4);
    this.c = state.readInt32LE(8);
    this.counter = state.readInt32LE(12);
  }

  /**
   * The stream of a key.
   * @param seed the experiment's seed
   * @param purpose what the numbers are for, such as `shuffle` or `pgd-start`
   * @param counters positions such as epoch and step; finite numbers
   */
  static keyed(seed: number, purpose: string, ...counters: number[]): Random {
    return new Random([seed, purpose, ...counters]);
  }

  /**
   * The stream whose key is this one's, followed by more counters; without any, this one from its start. It does not
   * depend on how many numbers were drawn from this one.
   */
  fork(...counters: number[]): Random {
    return new Random([...this.key, ...counters]);
  }

  /** The next 32 bits, as a signed integer. */
  private next(): number {
    const t = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + t;
    this.c |= 0;
    return t;
  }

  /** Uniform in [0, 1), 53 random bits. */
  uniform(): number {
    const high = this.next() >>> 5;
    const low = this.next() >>> 6;
    return (high * 67_108_864 + low) / 9_007_199_254_740_992;
  }

  /** A uniform integer in [0, n), without modulo bias; n between 1 and 2^32. */
  int(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > 4_294_967_296) {
      throw new RangeError(`Random.int(n) needs an integer n between 1 and 2^32, got ${n}`);
    }
    const limit = 4_294_967_296 - (4_294_967_296 % n);
    let value = this.next() >>> 0;
    while (value >= limit) value = this.next() >>> 0;
    return value % n;
  }

  /** Standard normal: Marsaglia's polar method. */
  normal(): number {
    if (this.spareNormal !== undefined) {
      const spare = this.spareNormal;
      this.spareNormal = undefined;
      return spare;
    }
    for (;;) {
      const u = 2 * this.uniform() - 1;
      const v = 2 * this.uniform() - 1;
      const s = u * u + v * v;
      if (s >= 1 || s === 0) continue;
      const scale = Math.sqrt((-2 * Math.log(s)) / s);
      this.spareNormal = v * scale;
      return u * scale;
    }
  }

  /** Gamma(shape, 1): Marsaglia and Tsang 2000, for shape of 1 or more. */
  private gamma(shape: number): number {
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const v = (1 + c * x) ** 3;
      if (v <= 0) continue;
      if (Math.log(1 - this.uniform()) < 0.5 * x * x + d * (1 - v + Math.log(v))) return d * v;
    }
  }

  /** Log of a Gamma(shape, 1) number: small shapes would underflow otherwise. */
  private logGamma(shape: number): number {
    if (shape >= 1) return Math.log(this.gamma(shape));
    return Math.log(this.gamma(shape + 1)) + Math.log(1 - this.uniform()) / shape;
  }

  /** Beta(a, b) in [0, 1]; a and b positive. */
  beta(a: number, b: number): number {
    if (!(a > 0 && b > 0)) throw new RangeError(`Random.beta(a, b) needs positive numbers, got ${a}, ${b}`);
    if (a === 1 && b === 1) return this.uniform();
    // x / (x + y) with x = e^p, y = e^q.
    const p = this.logGamma(a);
    const q = this.logGamma(b);
    return 1 / (1 + Math.exp(q - p));
  }

  /**
   * Poisson(mean), a whole number; `mean` not negative. Small means by products of uniform numbers (Knuth), others by
   * transformed rejection (Hörmann 1993, PTRS).
   */
  poisson(mean: number): number {
    if (!(mean >= 0 && Number.isFinite(mean))) {
      throw new RangeError(`Random.poisson(mean) needs a finite mean of 0 or more, got ${mean}`);
    }
    return mean < 10 ? this.poissonByProducts(mean) : this.poissonByRejection(mean);
  }

  private poissonByProducts(mean: number): number {
    const least = Math.exp(-mean);
    let product = this.uniform();
    let count = 0;
    while (product > least) {
      product *= this.uniform();
      count++;
    }
    return count;
  }

  private poissonByRejection(mean: number): number {
    const b = 0.931 + 2.53 * Math.sqrt(mean);
    const a = -0.059 + 0.02483 * b;
    const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
    const accepted = 0.9277 - 3.6224 / (b - 2);
    for (;;) {
      const u = this.uniform() - 0.5;
      const v = 1 - this.uniform();
      const tail = 0.5 - Math.abs(u);
      const count = Math.floor(((2 * a) / tail + b) * u + mean + 0.43);
      if (tail >= 0.07 && v <= accepted) return count;
      if (count < 0 || (tail < 0.013 && v > tail)) continue;
      const hat = Math.log((v * inverseAlpha) / (a / (tail * tail) + b));
      if (hat <= count * Math.log(mean) - mean - logFactorial(count)) return count;
    }
  }

  /** Fills `out` with uniform numbers in [low, high], 24 random bits each: what a float32 can hold. */
  fillUniform(out: Float32Array, low: number, high: number): void {
    const scale = (high - low) / 16_777_216;
    for (let i = 0; i < out.length; i++) out[i] = low + (this.next() >>> 8) * scale;
  }

  /** `k` of 0 … n-1 in random order, each at most once, in memory for k; k at most n (the start of a Fisher-Yates shuffle). */
  sample(n: number, k: number): Uint32Array {
    const moved = new Map<number, number>();
    return Uint32Array.from({ length: k }, (_, i) => {
      const j = i + this.int(n - i);
      const drawn = moved.get(j) ?? j;
      moved.set(j, moved.get(i) ?? i);
      moved.delete(i);
      return drawn;
    });
  }

  /** A uniformly random order of 0 … n-1 (Fisher-Yates). */
  permutation(n: number): Uint32Array {
    const order = Uint32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.int(i + 1);
      const swapped = order[i] ?? 0;
      order[i] = order[j] ?? 0;
      order[j] = swapped;
    }
    return order;
  }
}

/** log(n!): the first ones by sums, others by Stirling's series, which is exact to 1e-10 from there on. */
function logFactorial(n: number): number {
  if (n < 10) {
    let sum = 0;
    for (let i = 2; i <= n; i++) sum += Math.log(i);
    return sum;
  }
  const x = n + 1;
  return (
    (x - 0.5) * Math.log(x) -
    x +
    0.5 * Math.log(2 * Math.PI) +
    1 / (12 * x) -
    1 / (360 * x ** 3) +
    1 / (1260 * x ** 5)
  );
}
