import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';

/** A Markdown table; all columns but the first are numbers. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, column) => (column === 0 ? ':--' : '--:'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

/**
 * Puts `content` between the markers `<!-- begin NAME -->` and `<!-- end NAME -->` of a Markdown file; what was
 * there goes, everything around them stays.
 * @throws Error when the file lacks a marker
 */
export async function writeSection(file: string, name: string, content: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  const [begin, end] = [`<!-- begin ${name} -->`, `<!-- end ${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${file} has no section ${begin} ... ${end}.`);
  const whole = `${text.slice(0, from + begin.length)}\n\n${content}\n\n${text.slice(to)}`;
  const options = (await resolveConfig(file)) ?? {};
  await writeFile(file, await format(whole, { ...options, parser: 'markdown' }));
}
