// Installs the dependencies when node_modules is absent or behind package-lock.json. Node built-ins only.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lib/file-lock.mjs';
import { isInstalled } from './lib/is-installed.mjs';
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
