import { watch, type FSWatcher } from 'node:fs';
import path from 'node:path';
import { isRunId, runsDirectory } from '../../core/records/run-paths';

/**
 * Tells when runs of a root come, go or change, with one plain directory watch for each level. VS Code's
 * recursive watcher misses what is inside a folder that was made a moment ago, and a run makes its folders
 * just before it fills them.
 */
export class RunsWatch {
  private readonly watchers = new Map<string, FSWatcher>();
  private readonly runs: string;
  private readonly parent: string;
  private followed: ReadonlySet<string> = new Set();
  private disposed = false;

  /**
   * @param onChange called with the id of a run, or undefined when any may have changed, and with the name of the file in the
   * run's directory, or undefined when any may have
   */
  constructor(
    private readonly root: string,
    private readonly onChange: (id: string | undefined, file?: string) => void,
  ) {
    this.runs = runsDirectory(root);
    this.parent = path.dirname(this.runs);
    this.attach();
  }

  /** Names the runs whose files are watched; the others are only watched for coming and going. */
  follow(ids: ReadonlySet<string>): void {
    for (const id of this.followed) if (!ids.has(id)) this.detach(path.join(this.runs, id));
    this.followed = ids;
    this.attach();
  }

  dispose(): void {
    this.disposed = true;
    for (const folder of [...this.watchers.keys()]) this.detach(folder);
  }

  private attach(): void {
    this.watch(this.root, (name) => {
      if (name === path.basename(this.parent)) this.reattach(this.parent);
    });
    this.watch(this.parent, (name) => {
      if (name === path.basename(this.runs)) this.reattach(this.runs);
    });
    this.watch(this.runs, (name) => {
      if (!isRunId(name)) return;
      // The folder may be another one now.
      this.detach(path.join(this.runs, name));
      this.attach();
      this.onChange(name);
    });
    for (const id of this.followed) {
      this.watch(path.join(this.runs, id), (name) => {
        this.onChange(id, name === '' ? undefined : name);
      });
    }
  }

  private reattach(folder: string): void {
    for (const known of [...this.watchers.keys()]) {
      if (known === folder || known.startsWith(folder + path.sep)) this.detach(known);
    }
    this.attach();
    this.onChange(undefined);
  }

  /** A folder that is not there yet is left to the watch of the one above it. */
  private watch(folder: string, onEvent: (name: string) => void): void {
    if (this.disposed || this.watchers.has(folder)) return;
    try {
      const watcher = watch(folder, { persistent: false }, (_type, name) => {
        onEvent(name ?? '');
      });
      this.watchers.set(folder, watcher);
      watcher.on('error', () => {
        if (this.watchers.get(folder) === watcher) this.detach(folder);
      });
    } catch {
      // Not there, or no more watches: reading on demand still works.
    }
  }

  private detach(folder: string): void {
    this.watchers.get(folder)?.close();
    this.watchers.delete(folder);
  }
}
