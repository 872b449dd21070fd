import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { examples, readExample } from '../examples';
import { findOnPath, findVSCode } from './find-vscode';
import { root } from '../root';
import { VSCodeServer } from './vscode-server';

/** A folder to experiment in, kept from call to call, with its own copies of the examples. */
async function sampleWorkspace(): Promise<string> {
  const folder = path.join(root, '.cache', 'sample-workspace');
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(examples)) {
    const copy = path.join(folder, name);
    if (name.endsWith('.json') && !existsSync(copy)) await writeFile(copy, await readExample(name));
  }
  return folder;
}

async function openDesktop(executable: string, folder: string): Promise<void> {
  const child = spawn(executable, ['--new-window', `--extensionDevelopmentPath=${root}`, folder], {
    stdio: 'ignore',
    detached: true,
  });
  await once(child, 'spawn');
  child.unref();
  console.log(`Opened VS Code with the extension on ${folder}`);
}

/** Shows an address in the user's browser, where there is a desktop for one. */
function showInBrowser(url: string): void {
  const [command, ...args] = browserCommand(url);
  if (command === undefined) return;
  spawn(command, args, { stdio: 'ignore', detached: true })
    // The address is on the terminal as well, so a missing browser is no failure.
    .once('error', () => undefined)
    .unref();
}

function browserCommand(url: string): string[] {
  if (process.platform === 'darwin') return ['open', url];
  if (process.platform === 'win32') return ['rundll32.exe', 'url.dll,FileProtocolHandler', url];
  const desktop = process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY;
  const opener = findOnPath('xdg-open');
  return desktop && opener ? [opener, url] : [];
}

async function serve(folder: string, own: boolean): Promise<void> {
  const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  const server = await VSCodeServer.start({ workspaceTrust: own });
  const url = server.url({ folder, extension: root });
  console.log(`VS Code with the extension on ${folder}:\n\n  ${url}\n\nCtrl-C stops it.`);
  showInBrowser(url);
  const ended = server.ended.then(() => {
    throw new Error(`VS Code's server ended by itself. Its output:\n${server.tail()}`);
  });
  try {
    await Promise.race([stopped, ended]);
  } finally {
    await server.stop();
  }
}

async function open(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { browser: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const [own] = positionals;
  // npm starts scripts in the repository, but a relative path means the folder that the user is in.
  const folder =
    own === undefined ? await sampleWorkspace() : path.resolve(process.env.INIT_CWD ?? process.cwd(), own);
  const desktop = values.browser ? undefined : findVSCode();
  await (desktop === undefined ? serve(folder, own !== undefined) : openDesktop(desktop, folder));
}

open().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
