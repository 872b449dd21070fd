// What every command needs first: dependencies, and bundles that are as new as the sources.
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { ensureInstalled } from '../ensure-installed.mjs';
import { withLock } from './file-lock.mjs';
import { root } from './root.mjs';
import { runNode } from './run.mjs';

const sources = ['src', 'webview', 'test/support', 'scripts/build.mjs', 'package-lock.json'];
const bundles = ['dist/cli.js', 'dist/worker.js', 'dist/extension.js', 'out/open-vscode.js'];

async function newest(file) {
  const info = await stat(file).catch(() => undefined);
  if (!info) return 0;
  if (!info.isDirectory()) return info.mtimeMs;
  const entries = await readdir(file);
  return Math.max(
    info.mtimeMs,
    ...(await Promise.all(entries.map((entry) => newest(path.join(file, entry))))),
  );
}

async function isBuilt() {
  const source = Math.max(...(await Promise.all(sources.map((file) => newest(path.join(root, file))))));
  const built = await Promise.all(
    bundles.map(async (file) => (await stat(path.join(root, file)).catch(() => undefined))?.mtimeMs ?? 0),
  );
  return Math.min(...built) >= source;
}

export async function build() {
  const code = await runNode(['scripts/build.mjs']);
  if (code !== 0) throw new Error(`The build failed (scripts/build.mjs, exit code ${code}).`);
}

/** Installs and builds what is missing or out of date. */
export async function prepare() {
  await ensureInstalled();
  if (await isBuilt()) return;
  await withLock(path.join(root, '.cache', 'build.lock'), async () => {
    if (!(await isBuilt())) await build();
  });
}

/** Runs a script's main function: its result is the exit code, an error is shown without a stack. */
export async function main(task) {
  try {
    process.exitCode = (await task()) ?? 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
