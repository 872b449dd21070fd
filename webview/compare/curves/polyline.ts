/** A run's values over an axis, ascending in x, with coarser forms of itself: what is far away is drawn with few points. */
export class Polyline {
  readonly length: number;
  /** Of stretches of 2, 4, 8 … points: where their smallest and largest value are. */
  readonly #levels: { readonly low: Uint32Array; readonly high: Uint32Array }[] = [];

  /** @param y of the length of x; NaN is a gap */
  constructor(
    readonly x: Float64Array,
    readonly y: Float64Array,
  ) {
    this.length = Math.min(x.length, y.length);
    let below: { readonly low: Uint32Array; readonly high: Uint32Array } | undefined;
    for (let count = Math.ceil(this.length / 2); count > 1; count = Math.ceil(count / 2)) {
      const low = new Uint32Array(count);
      const high = new Uint32Array(count);
      for (let at = 0; at < count; at++) {
        const [first, second] = [2 * at, 2 * at + 1];
        low[at] = this.#better(below?.low, first, second, -1);
        high[at] = this.#better(below?.high, first, second, 1);
      }
      below = { low, high };
      this.#levels.push(below);
    }
  }

  /** Of two stretches, or points, the place of the smaller value (sign -1), or of the larger one (1). */
  #better(places: Uint32Array | undefined, first: number, second: number, sign: 1 | -1): number {
    const count = places?.length ?? this.length;
    const a = places?.[first] ?? first;
    if (second >= count) return a;
    const b = places?.[second] ?? second;
    const [one, other] = [this.y[a] ?? NaN, this.y[b] ?? NaN];
    if (Number.isNaN(one)) return b;
    return sign * other > sign * one ? b : a;
  }

  /**
   * Places of the points that a width can show: all of a stretch that is short enough, and of a longer one the smallest and
   * the largest value of each part.
   * @param from place of the first point
   * @param to place after the last one
   * @param most so many points, about
   * @param take called with each place, ascending
   */
  visit(from: number, to: number, most: number, take: (place: number) => void): void {
    const count = to - from;
    let level = -1;
    for (let points = count; points > most && level + 1 < this.#levels.length; level++)
      points = (2 * count) / 2 ** (level + 2);
    const coarse = this.#levels[level];
    if (!coarse) {
      for (let at = from; at < to; at++) take(at);
      return;
    }
    const size = 2 ** (level + 1);
    take(from);
    for (let at = Math.floor(from / size); at * size < to; at++) {
      const [low, high] = [coarse.low[at] ?? from, coarse.high[at] ?? from];
      const [first, second] = low < high ? [low, high] : [high, low];
      if (first > from && first < to) take(first);
      if (second !== first && second > from && second < to) take(second);
    }
    take(to - 1);
  }
}
