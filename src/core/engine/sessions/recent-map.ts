/** A map that forgets the entry that was least recently read once it holds more than `capacity`. */
export class RecentMap<K, V> {
  private readonly entries = new Map<K, V>();

  constructor(private readonly capacity: number) {}

  get size(): number {
    return this.entries.size;
  }

  /** The value under `key`, which `make` makes where there is none. */
  get(key: K, make: () => V): V {
    const value = this.entries.get(key) ?? make();
    // A Map lists its keys in order of insertion: the first is the least recently used.
    this.entries.delete(key);
    this.entries.set(key, value);
    for (const oldest of this.entries.keys()) {
      if (this.entries.size <= this.capacity) break;
      this.entries.delete(oldest);
    }
    return value;
  }

  clear(): void {
    this.entries.clear();
  }
}
