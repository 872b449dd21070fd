/** Bytes that come in pieces and are taken in other lengths. No more is kept than the longest length that is asked for. */
export class ByteQueue {
  private steps: Generator<number, void, Uint8Array>;
  private gathered: Uint8Array = new Uint8Array();
  private filled = 0;
  private over = false;

  /**
   * @param read asks for lengths, one after the other, and gets as many bytes for each, which are only as they are until the
   * next; when it returns, no more is wanted
   */
  constructor(read: () => Generator<number, void, Uint8Array>) {
    this.steps = read();
    this.next(this.steps.next());
  }

  /** Whether all was read that is wanted. */
  get done(): boolean {
    return this.over;
  }

  /** @returns {@link done} @throws what `read` throws */
  push(piece: Uint8Array): boolean {
    let from = 0;
    while (!this.over) {
      const wanted = this.gathered.length - this.filled;
      if (piece.length - from < wanted) break;
      this.gathered.set(piece.subarray(from, from + wanted), this.filled);
      from += wanted;
      this.next(this.steps.next(this.gathered));
    }
    if (!this.over) {
      this.gathered.set(piece.subarray(from), this.filled);
      this.filled += piece.length - from;
    }
    return this.over;
  }

  private next({ done, value }: IteratorResult<number, void>): void {
    this.over = done === true;
    this.filled = 0;
    const length = value ?? 0;
    if (this.gathered.length !== length) this.gathered = new Uint8Array(length);
  }
}
