/** Jobs about the same thing, one after the other: each sees what the one before it left. */
export class KeyedTurns {
  private readonly last = new Map<string, Promise<void>>();

  /** Does a job after those that were asked for under the same key before, however they ended. */
  take<T>(key: string, job: () => Promise<T>): Promise<T> {
    const turn = (this.last.get(key) ?? Promise.resolve()).then(job);
    const over = turn
      .then(
        () => undefined,
        () => undefined,
      )
      .then(() => {
        if (this.last.get(key) === over) this.last.delete(key);
      });
    this.last.set(key, over);
    return turn;
  }
}
