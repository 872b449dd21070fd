import { execFileSync } from 'node:child_process';
import { cp, lstat, mkdir, readFile, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** One thing that is done to one file or folder of a run. */
export interface Damage {
  /** Relative to the run's folder. */
  readonly file: string;
  readonly what: string;
  /** @param outside a folder beside the run that nothing may change after the damage is done */
  readonly apply: (file: string, outside: string) => Promise<void>;
}

const SHARES = [1 / 3, 2 / 3] as const;
/** Where bits are flipped: shares of the file's length. */
const FLIPS = [0, 0.13, 0.37, 0.5, 0.71, 0.99] as const;

type Apply = Damage['apply'];

const ofFiles = (size: number): Record<string, Apply> => ({
  emptied: (file) => truncate(file, 0),
  ...Object.fromEntries(
    [...SHARES.map((share) => Math.floor(size * share)), size - 1].map((length): [string, Apply] => [
      `truncated to ${length} of ${size} bytes`,
      (file) => truncate(file, length),
    ]),
  ),
  ...Object.fromEntries(
    FLIPS.map((share, n): [string, Apply] => {
      const at = Math.min(size - 1, Math.floor(size * share));
      return [`bit ${n} of byte ${at} flipped`, (file) => flip(file, at, n)];
    }),
  ),
  'a folder': async (file) => {
    await rm(file);
    await mkdir(file);
  },
});

const ofBoth: Record<string, Apply> = {
  removed: (file) => rm(file, { recursive: true }),
  'a link to the same outside': async (file, outside) => {
    const target = path.join(outside, 'target');
    await cp(file, target, { recursive: true });
    await rm(file, { recursive: true });
    await symlink(target, file);
  },
  'a link to nothing': async (file, outside) => {
    await rm(file, { recursive: true });
    await symlink(path.join(outside, 'nothing'), file);
  },
};

/** Where there are such things. */
const ofUnix: Record<string, Apply> = {
  'a link to /dev/zero': async (file) => {
    await rm(file, { recursive: true });
    await symlink('/dev/zero', file);
  },
  'a pipe': async (file) => {
    await rm(file, { recursive: true });
    execFileSync('mkfifo', [file]);
  },
};

const ofFolders: Record<string, Apply> = {
  emptied: async (file) => {
    for (const name of await readdir(file)) await rm(path.join(file, name), { recursive: true });
  },
  'a file': async (file) => {
    await rm(file, { recursive: true });
    await writeFile(file, 'not a folder');
  },
};

async function flip(file: string, at: number, bit: number): Promise<void> {
  const bytes = await readFile(file);
  if (bytes.length === 0) return;
  bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
  await writeFile(file, bytes);
}

/** Every damage of every file and folder of a run, always in the same order. */
export async function damagesOf(folder: string): Promise<Damage[]> {
  const damages: Damage[] = [];
  for (const file of (await readdir(folder, { recursive: true })).sort()) {
    const found = await lstat(path.join(folder, file));
    const own = found.isDirectory() ? ofFolders : ofFiles(found.size);
    const all = { ...own, ...ofBoth, ...(process.platform === 'win32' ? {} : ofUnix) };
    for (const [what, apply] of Object.entries(all)) damages.push({ file, what, apply });
  }
  return damages;
}
