import { stat } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';

const KEY = 'runs.roots';
/** Each one is read and watched in every window of the workspace. */
const MOST = 20;

/** What VS Code keeps for a workspace. */
export interface Memory {
  get(key: string): unknown;
  update(key: string, value: unknown): PromiseLike<void>;
}

const root = z.string().refine((text) => path.isAbsolute(text) && !text.includes('\0'));

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
    const entries = z.array(z.unknown()).safeParse(this.memory.get(KEY)).data ?? [];
    const roots = entries.flatMap((entry) => root.safeParse(entry).data ?? []);
    return [...new Set(roots)].slice(0, MOST);
  }
}

function isFolder(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
