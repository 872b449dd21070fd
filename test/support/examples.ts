import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from './root';

export const examples = path.join(root, 'examples');

/**
 * An example's text for a workspace of its own. Its `$schema` is a path inside the repository; the extension
 * knows the schema by the file's name.
 */
export async function readExample(name: string): Promise<string> {
  const text = await readFile(path.join(examples, name), 'utf8');
  return text.replace(/^\s*"\$schema".*\r?\n/m, '');
}
