import { existsSync } from 'node:fs';
import path from 'node:path';

/** The first file of this name in the folders of PATH. */
export function findOnPath(name: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(path.delimiter)
    .filter(Boolean)
    .map((folder) => path.join(folder, name))
    .find((file) => existsSync(file));
}

/** The executable of a desktop VS Code that can load an extension under development, or undefined. */
export function findVSCode(): string | undefined {
  // In a terminal of a remote window `code` talks to that window, which can't load one.
  if (process.env.VSCODE_IPC_HOOK_CLI) return undefined;
  if (process.platform === 'win32') {
    // `code.cmd` needs a shell; the program beside it doesn't.
    const command = findOnPath('code.cmd');
    const program = command && path.join(path.dirname(command), '..', 'Code.exe');
    return program && existsSync(program) ? program : undefined;
  }
  const onPath = findOnPath('code');
  if (onPath !== undefined || process.platform !== 'darwin') return onPath;
  const application = '/Applications/Visual Studio Code.app/Contents/Resources/app/bin/code';
  return existsSync(application) ? application : undefined;
}
