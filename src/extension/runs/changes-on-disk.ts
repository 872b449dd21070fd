/** Changes on disk come in bursts; they are read at most twice a second. */
const READ_EVERY_MS = 500;
/** The first of them sooner, ms. */
const READ_SOON_MS = 50;

/** Names of the files of a run's directory that changed; undefined: any of them may have. */
export type ChangedFiles = ReadonlySet<string> | undefined;

/** What changed in a root, by the ids of runs; one that is no run's: runs may have come or gone. */
export type Changes = ReadonlyMap<string, ChangedFiles>;

/** Gathers what changed, until it is time to read it. */
export class ChangesOnDisk {
  private readonly changed = new Map<string, Map<string, Set<string> | undefined>>();
  private timer: NodeJS.Timeout | undefined;
  /** When changes were read last. */
  private readAt = -Infinity;

  constructor(private readonly read: (root: string, changes: Changes) => void) {}

  /** @param file absent: any of the run's may have changed */
  note(root: string, id: string, file?: string): void {
    const runs = this.changed.get(root) ?? new Map<string, Set<string> | undefined>();
    this.changed.set(root, runs);
    const files = runs.has(id) ? runs.get(id) : new Set<string>();
    if (file === undefined) runs.set(id, undefined);
    else runs.set(id, files?.add(file));
    const wait = Math.max(READ_SOON_MS, this.readAt + READ_EVERY_MS - performance.now());
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.readAt = performance.now();
      const all = [...this.changed];
      this.changed.clear();
      for (const [changedRoot, changes] of all) this.read(changedRoot, changes);
    }, wait);
  }

  forget(root: string): void {
    this.changed.delete(root);
  }

  dispose(): void {
    clearTimeout(this.timer);
  }
}
