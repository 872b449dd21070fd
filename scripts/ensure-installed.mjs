// Installs the dependencies when node_modules is absent or behind package-lock.json. Node built-ins only.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lib/file-lock.mjs';
import { runNpm } from './lib/npm.mjs';
import { root } from './lib/root.mjs';

const oldestNode = 20;

function requireNode() {
  if (Number(process.versions.node.split('.')[0]) >= oldestNode) return;
  console.error(
    `M2AT needs Node.js ${oldestNode} or newer; this is ${process.version} (${process.execPath}).\nGet it from https://nodejs.org and run the command again.`,
  );
  process.exit(1);
}

async function packagesOf(file) {
  try {
    return JSON.parse(await readFile(file, 'utf8')).packages;
  } catch (error) {
    // npm writes node_modules/.package-lock.json last, so an interrupted installation has none.
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Whether node_modules holds what the lock file asks for (optional packages may be absent). */
export async function isInstalled(folder) {
  const wanted = await packagesOf(path.join(folder, 'package-lock.json'));
  const present = await packagesOf(path.join(folder, 'node_modules', '.package-lock.json'));
  if (!wanted) throw new Error(`${path.join(folder, 'package-lock.json')} is missing or no JSON.`);
  if (!present) return false;
  return Object.entries(wanted).every(([name, { version, integrity, optional, devOptional }]) => {
    if (name === '') return true;
    const found = present[name];
    if (!found) return Boolean(optional || devOptional);
    return found.version === version && (!integrity || !found.integrity || found.integrity === integrity);
  });
}

/** Runs `npm ci` if need be, with one calm line. Ends the process on a Node that is too old. */
export async function ensureInstalled() {
  requireNode();
  if (await isInstalled(root)) return;
  await withLock(
    path.join(root, '.cache', 'install.lock'),
    async () => {
      if (await isInstalled(root)) return;
      process.stdout.write('Installing the dependencies (npm ci) … ');
      const start = Date.now();
      try {
        // Building and testing need devDependencies, whatever NODE_ENV or the user's npm configuration omits.
        await runNpm(['ci', '--include=dev', '--no-audit', '--no-fund'], { cwd: root });
      } catch (error) {
        console.log('failed');
        throw error;
      }
      console.log(`done in ${Math.round((Date.now() - start) / 1000)} s`);
    },
    () => console.log('Waiting for another process that installs the dependencies …'),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await ensureInstalled();
