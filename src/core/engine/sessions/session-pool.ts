interface Releasable {
  release(): Promise<void>;
}

interface Entry<T> {
  readonly session: Promise<T>;
  readonly bytes: number;
  users: number;
}

export interface PoolStatistics {
  /** Sessions in the pool now. */
  readonly sessions: number;
  /** Those of them that run, or wait for their turn to. */
  readonly inUse: number;
  /** Since the process started: sessions built, requests served by one that was there, sessions released. */
  readonly created: number;
  readonly reused: number;
  readonly released: number;
}

/**
 * Sessions by the content of their graph, for a whole process: whoever runs the same graph shares one. At most
 * `capacity` are kept, of at most `maxBytes` together; the least recently used idle one is released first, and one in
 * use never is.
 */
export class SessionPool<T extends Releasable> {
  private readonly entries = new Map<string, Entry<T>>();
  private created = 0;
  private reused = 0;
  private released = 0;
  /** What sessions may take together: one that is asked for is built all the same. */
  maxBytes = Infinity;

  constructor(readonly capacity: number) {}

  /**
   * Runs `work` with the session under `key`, which `create` builds where there is none.
   * @param bytes what the session is expected to take
   */
  async use<R>(
    key: string,
    create: () => Promise<T>,
    work: (session: T) => Promise<R>,
    bytes: () => number = () => 0,
  ): Promise<R> {
    // Before it is built: what is released makes room for it.
    const expected = this.maxBytes === Infinity || this.entries.has(key) ? 0 : bytes();
    if (expected > 0) await this.shrinkTo(this.capacity, this.maxBytes - expected);
    const entry = this.enter(key, create, expected);
    entry.users++;
    try {
      return await work(await entry.session);
    } finally {
      entry.users--;
      await this.shrinkTo(this.capacity);
    }
  }

  statistics(): PoolStatistics {
    const { created, reused, released } = this;
    const inUse = [...this.entries.values()].filter(({ users }) => users > 0).length;
    return { sessions: this.entries.size, inUse, created, reused, released };
  }

  /** Releases every session that is not in use. */
  clear(): Promise<void> {
    return this.shrinkTo(0);
  }

  private enter(key: string, create: () => Promise<T>, bytes: number): Entry<T> {
    const known = this.entries.get(key);
    if (known) {
      this.reused++;
      // A Map lists its keys in order of insertion: the first is the least recently used.
      this.entries.delete(key);
      this.entries.set(key, known);
      return known;
    }
    this.created++;
    const entry: Entry<T> = { session: create(), bytes, users: 0 };
    this.entries.set(key, entry);
    entry.session.catch(() => {
      if (this.entries.get(key) === entry) this.entries.delete(key);
    });
    return entry;
  }

  private async shrinkTo(limit: number, maxBytes = Infinity): Promise<void> {
    const surplus: Entry<T>[] = [];
    let held = [...this.entries.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    for (const [key, entry] of this.entries) {
      if (this.entries.size <= limit && held <= maxBytes) break;
      if (entry.users > 0) continue;
      this.entries.delete(key);
      held -= entry.bytes;
      surplus.push(entry);
    }
    this.released += surplus.length;
    await Promise.all(surplus.map(async ({ session }) => (await session).release()));
  }
}
