interface Releasable {
  release(): Promise<void>;
}

interface Entry<T> {
  readonly session: Promise<T>;
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
 * `capacity` are kept; the least recently used idle one is released first, and one in use never is.
 */
export class SessionPool<T extends Releasable> {
  private readonly entries = new Map<string, Entry<T>>();
  private created = 0;
  private reused = 0;
  private released = 0;

  constructor(readonly capacity: number) {}

  /** Runs `work` with the session under `key`, which `create` builds where there is none. */
  async use<R>(key: string, create: () => Promise<T>, work: (session: T) => Promise<R>): Promise<R> {
    const entry = this.enter(key, create);
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

  private enter(key: string, create: () => Promise<T>): Entry<T> {
    const known = this.entries.get(key);
    if (known) {
      this.reused++;
      // A Map lists its keys in order of insertion: the first is the least recently used.
      this.entries.delete(key);
      this.entries.set(key, known);
      return known;
    }
    this.created++;
    const entry: Entry<T> = { session: create(), users: 0 };
    this.entries.set(key, entry);
    entry.session.catch(() => {
      if (this.entries.get(key) === entry) this.entries.delete(key);
    });
    return entry;
  }

  private async shrinkTo(limit: number): Promise<void> {
    const surplus: Entry<T>[] = [];
    for (const [key, entry] of this.entries) {
      if (this.entries.size <= limit) break;
      if (entry.users > 0) continue;
      this.entries.delete(key);
      surplus.push(entry);
    }
    this.released += surplus.length;
    await Promise.all(surplus.map(async ({ session }) => (await session).release()));
  }
}
