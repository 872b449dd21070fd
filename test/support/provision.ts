import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { withLock } from '../../scripts/lib/file-lock.mjs';

/** Fetches a tool into `folder`, an empty folder. */
export type Fill = (folder: string) => Promise<void>;

/**
 * The folder `<parent>/<name>`, filled on first use. It appears in one rename, so a folder that is there is
 * complete; two processes at once fill it once.
 * @throws what `fill` throws; nothing half-done is left behind.
 */
export async function provision(
  parent: string,
  name: string,
  fill: Fill,
  say: (line: string) => void = console.log,
): Promise<string> {
  const folder = path.join(parent, name);
  if (existsSync(folder)) return folder;
  return withLock(
    `${folder}.lock`,
    async () => {
      if (existsSync(folder)) return folder;
      await mkdir(parent, { recursive: true });
      const staging = await mkdtemp(`${folder}.partial-`);
      try {
        say(`Fetching ${name} into ${path.basename(parent)} …`);
        await fill(staging);
        await rename(staging, folder);
      } catch (error) {
        await rm(staging, { recursive: true, force: true, maxRetries: 5 });
        throw error;
      }
      return folder;
    },
    () => {
      say(`Waiting for another process that fetches ${name} …`);
    },
  );
}
