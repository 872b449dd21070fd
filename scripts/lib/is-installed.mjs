// Node built-ins only: nothing may be installed yet.
import { readFile } from 'node:fs/promises';
import path from 'node:path';

async function packagesOf(file) {
  try {
    return JSON.parse(await readFile(file, 'utf8')).packages;
  } catch (error) {
    // npm writes node_modules/.package-lock.json last, so an interrupted installation has none.
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Whether node_modules holds what the lock file asks for (optional and peer packages may be absent). */
export async function isInstalled(folder) {
  const wanted = await packagesOf(path.join(folder, 'package-lock.json'));
  const present = await packagesOf(path.join(folder, 'node_modules', '.package-lock.json'));
  if (!wanted) throw new Error(`${path.join(folder, 'package-lock.json')} is missing or no JSON.`);
  if (!present) return false;
  return Object.entries(wanted).every(([name, { version, integrity, optional, devOptional, peer }]) => {
    if (name === '') return true;
    const found = present[name];
    if (!found) return Boolean(optional || devOptional || peer);
    return found.version === version && (!integrity || !found.integrity || found.integrity === integrity);
  });
}
