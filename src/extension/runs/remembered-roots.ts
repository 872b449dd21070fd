import { stat } from 'node:fs/promises';
import path from 'node:path';

const KEY = 'runs.roots';
/** Each one is read and watched in every window of the workspace. */
const MOST = 20;

/** What VS Code keeps for a workspace. */
export interface Memory {
  get(key: string): unknown;
  update(key: string, value: unknown): PromiseLike<void>;
}

/**
 * Folders outside the workspace that got runs from this window, such as that of a model which was attacked where it
 * lies: without them nobody would find those runs after a reload.
 */
export class RememberedRoots {
  constructor(private readonly memory: Memory) {}

  /** The latest 20 are kept. */
  async add(folder: string): Promise<void> {
    const others = this.stored().filter((other) => other !== folder);
    await this.memory.update(KEY, [folder, ...others].slice(0, MOST));
  }

  /** Those that are folders now, latest first. One that is not, such as on a drive that was taken out, may come back. */
  async existing(): Promise<string[]> {
    const found = await Promise.all(
      this.stored().map(async (folder) => ((await isFolder(folder)) ? [folder] : [])),
    );
    return found.flat();
  }

  private stored(): string[] {
    const value = this.memory.get(KEY);
    const roots: unknown[] = Array.isArray(value) ? value : [];
    return [...new Set(roots.filter(isRoot))].slice(0, MOST);
  }
}

function isRoot(entry: unknown): entry is string {
  return typeof entry === 'string' && path.isAbsolute(entry) && !entry.includes('\0');
}

function isFolder(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
