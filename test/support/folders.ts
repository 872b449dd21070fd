import { copyFile, cp, mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root } from './root';

/** A fresh temporary folder with these files, by their paths relative to it. The caller deletes it. */
export async function makeFolder(prefix: string, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), `${prefix}-`));
  for (const [name, contents] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, contents);
  }
  return folder;
}

/**
 * A folder of installed extensions that has this one. What `extensionDevelopmentPath` loads is trusted even in
 * Restricted Mode, so that a test of trust has to install. The caller deletes it.
 */
export async function installedExtensions(): Promise<string> {
  const extensions = await makeFolder('m2at-extensions', {});
  const extension = path.join(extensions, 'm2at.m2at-0.0.0');
  await mkdir(extension);
  await copyFile(path.join(root, 'package.json'), path.join(extension, 'package.json'));
  // VS Code knows an extension by where its code is, behind links.
  await cp(path.join(root, 'dist'), path.join(extension, 'dist'), { recursive: true });
  for (const name of ['media', 'examples', 'node_modules']) {
    await symlink(path.join(root, name), path.join(extension, name), 'junction');
  }
  return extensions;
}
