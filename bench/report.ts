import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { replaceSection } from './markdown';

/** Rewrites one generated section of a Markdown file, formatted as the rest. @throws Error when it has none */
export async function writeSection(file: string, name: string, content: string): Promise<void> {
  const text = replaceSection(await readFile(file, 'utf8'), name, content);
  const options = (await resolveConfig(file)) ?? {};
  await writeFile(file, await format(text, { ...options, parser: 'markdown' }));
}
