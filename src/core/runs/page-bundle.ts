import { stat } from 'node:fs/promises';
import path from 'node:path';
import { M2atError } from '../errors';
import { readLimited } from '../files/read-limited';
import type { PageBundle } from '../report/html-page';

const MAX_BUNDLE_BYTES = 2 ** 26;

/** `webview/` beside the bundle that this code is in: the command line's, or the worker's. */
export const pageBundleFolder = path.join(__dirname, 'webview');

export type PageName = 'dashboard' | 'compare';

/** Whether the bundle of a page is there. */
export async function hasPageBundle(
  folder = pageBundleFolder,
  name: PageName = 'dashboard',
): Promise<boolean> {
  const found = await stat(path.join(folder, `${name}.js`)).catch(() => undefined);
  return found?.isFile() === true;
}

/** Script and style of a page. @throws M2atError `unsupported` where they are not there; `io` */
export async function readPageBundle(folder: string, name: PageName): Promise<PageBundle> {
  if (!(await hasPageBundle(folder, name))) {
    throw new M2atError('unsupported', `the ${name} page's bundle is not there`, {
      where: folder,
      hint: '`npm run build` makes it.',
    });
  }
  const read = async (file: string): Promise<string> =>
    (await readLimited(path.join(folder, file), MAX_BUNDLE_BYTES)).toString('utf8');
  return { script: await read(`${name}.js`), style: await read(`${name}.css`) };
}
