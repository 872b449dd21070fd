interface Releasable {
  release(): Promise<void>;
}

/** Holds up to `capacity` sessions by key and releases the least recently used one when it is full. */
export class SessionCache<T extends Releasable> {
  private readonly entries = new Map<string, T>();

  constructor(private readonly capacity: number) {}

  get size(): number {
    return this.entries.size;
  }

  async get(key: string, create: () => Promise<T>): Promise<T> {
    const known = this.entries.get(key);
    if (known) {
      // A Map lists its keys in order of insertion: the first is the least recently used.
      this.entries.delete(key);
      this.entries.set(key, known);
      return known;
    }
    const created = await create();
    this.entries.set(key, created);
    for (const [oldest, session] of this.entries) {
      if (this.entries.size <= this.capacity || session === created) break;
      this.entries.delete(oldest);
      await session.release();
    }
    return created;
  }

  async clear(): Promise<void> {
    const sessions = [...this.entries.values()];
    this.entries.clear();
    await Promise.all(sessions.map((session) => session.release()));
  }
}
