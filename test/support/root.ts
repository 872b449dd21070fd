import { existsSync } from 'node:fs';
import path from 'node:path';

/** The repository. The bundles that this module ends up in lie in `out/`, or in a folder of their own there. */
export const root = above(__dirname);

function above(folder: string): string {
  if (existsSync(path.join(folder, 'package.json'))) return folder;
  const parent = path.dirname(folder);
  if (parent === folder) throw new Error(`No package.json above ${__dirname}.`);
  return above(parent);
}
