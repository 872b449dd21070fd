import { existsSync } from 'node:fs';
import path from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

function onPath(names: readonly string[], environment: Environment): string[] {
  const folders = (environment.PATH ?? '').split(path.delimiter).filter(Boolean);
  return names.flatMap((name) => folders.map((folder) => path.join(folder, name)));
}

function candidates(platform: NodeJS.Platform, environment: Environment): string[] {
  switch (platform) {
    case 'darwin':
      return ['Google Chrome', 'Chromium', 'Microsoft Edge'].flatMap((app) =>
        ['/Applications', path.join(environment.HOME ?? '', 'Applications')].map((folder) =>
          path.join(folder, `${app}.app`, 'Contents', 'MacOS', app),
        ),
      );
    case 'win32':
      return ['Google/Chrome/Application/chrome.exe', 'Microsoft/Edge/Application/msedge.exe'].flatMap(
        (app) =>
          ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].flatMap((variable) => {
            const folder = environment[variable];
            return folder === undefined ? [] : [path.join(folder, app)];
          }),
      );
    default:
      return onPath(
        [
          'google-chrome-stable',
          'google-chrome',
          'chromium',
          'chromium-browser',
          'microsoft-edge-stable',
          'microsoft-edge',
        ],
        environment,
      );
  }
}

/**
 * A Chrome, Chromium or Edge that is installed, or undefined.
 * @throws Error if `CHROME_PATH` names a file that is not there.
 */
export function findBrowser(
  platform: NodeJS.Platform = process.platform,
  environment: Environment = process.env,
): string | undefined {
  const chosen = environment.CHROME_PATH;
  if (chosen) {
    if (!existsSync(chosen)) throw new Error(`CHROME_PATH names a file that does not exist: ${chosen}`);
    return chosen;
  }
  return candidates(platform, environment).find((file) => existsSync(file));
}
