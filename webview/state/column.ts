const SMALLEST = 1024;

/** A growable column of float64 values: appending is amortised O(1), reading needs no copy. */
export class Column {
  #data: Float64Array;
  #length = 0;

  constructor(capacity = SMALLEST) {
    this.#data = new Float64Array(capacity);
  }

  /** One that begins with these values, which are its own from now on. */
  static of(values: Float64Array): Column {
    const column = new Column(0);
    column.#data = values;
    column.#length = values.length;
    return column;
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#data.length) {
      const larger = new Float64Array(Math.max(SMALLEST, this.#data.length * 2));
      larger.set(this.#data);
      this.#data = larger;
    }
    this.#data[this.#length++] = value;
  }

  /** The value at `index`; NaN outside the column. */
  at(index: number): number {
    return index < this.#length ? (this.#data[index] ?? NaN) : NaN;
  }

  /** Drops every value from `length` on. */
  truncate(length: number): void {
    this.#length = Math.max(0, Math.min(this.#length, length));
  }

  /** The values so far, as a view that is valid until the next `push`. */
  view(): Float64Array {
    return this.#data.subarray(0, this.#length);
  }
}

/** The first index whose value is at least `value`, in an ascending list. */
export function lowerBound(sorted: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? Infinity) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
