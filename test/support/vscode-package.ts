import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runNpm } from '../../scripts/lib/npm.mjs';
import { provision } from './provision';
import { root } from './root';

/** Contains VS Code 1.100.3, the oldest that package.json supports; the last code-server line for Node 20. */
const version = '4.100.3';

/** Nothing here is built from source, and the package's own lock file decides the versions below it. */
const install = [
  'install',
  '--ignore-scripts',
  '--package-lock=true',
  '--engine-strict=false',
  '--include=optional',
  '--no-audit',
  '--no-fund',
];

/** The path of `server-main.js` of a real VS Code, fetched from the npm registry on first use. */
export async function provisionVSCode(): Promise<string> {
  const folder = await provision(
    path.join(root, '.vscode-test'),
    `code-server-${version}`,
    async (staging) => {
      // A package.json of its own, or npm would take the repository for the place to install to.
      await writeFile(path.join(staging, 'package.json'), '{ "private": true }\n');
      await runNpm([...install, `code-server@${version}`], { cwd: staging });
      await runNpm([...install, '--omit=dev'], { cwd: vscodeIn(staging) });
    },
  );
  return path.join(vscodeIn(folder), 'out', 'server-main.js');
}

function vscodeIn(folder: string): string {
  return path.join(folder, 'node_modules', 'code-server', 'lib', 'vscode');
}
