import { printable } from '../../core/printable';

/** More of a text is not shown; a message that long has its whole text in the log. */
export const LONGEST = 500;

/**
 * Any text as VS Code shows it everywhere as text and as nothing else: in notifications, tooltips, labels, prompts.
 *
 * VS Code makes `[text](command:…)` a link in notifications, prompts and validation messages, renders descriptions of
 * quick picks as Markdown in their tooltips (where an image is fetched), and `$(name)` an icon in labels. A blank in
 * `] (` and `$ (` ends that, stays readable, and works wherever the text ends up and whatever it is joined with.
 * Control characters, line breaks and marks that turn the direction of writing are shown as escapes.
 * @param longest UTF-16 units; more is cut off, with `…`
 * @returns the text; the same again for a text that is plain already
 */
export function plain(text: string, longest = LONGEST): string {
  const visible = printable(text.slice(0, longest + 1));
  return cut(visible.replace(/\](?=\()/g, '] ').replace(/\$(?=\()/g, '$ '), longest);
}

/**
 * The same for the descriptions and details of quick picks, whose tooltips are Markdown: addresses are no links there
 * either, with a blank in them.
 */
export function plainDetail(text: string): string {
  const spaced = plain(text).replace(/(https?:|ftp:)(?=\/\/)|(www\.)(?=\S)|(\w)(?=@[\w-]+\.\w)/gi, '$& ');
  return plain(spaced);
}

/** Several lines of which each one is plain, for tooltips and details of dialogs. Empty ones are left out. */
export function plainLines(lines: readonly (string | undefined)[]): string {
  return lines.flatMap((line) => (line === undefined || line === '' ? [] : [plain(line)])).join('\n');
}

/** A message of several lines, such as an error with its hint, as one. */
export function oneLine(text: string): string {
  return text.split(/\s*\n\s*/).join(' ');
}

/**
 * A plain text as Markdown that shows it letter by letter: without links (not even of bare addresses), pictures, HTML,
 * emphasis. `MarkdownString.appendText` would also make every blank one at which no line may break.
 */
export function plainMarkdown(text: string): string {
  return plain(text, Infinity).replace(/[!-/:-@[-`{-~]/g, '\\$&');
}

function cut(text: string, longest: number): string {
  if (text.length <= longest) return text;
  // Not between the halves of a surrogate pair.
  return `${text.slice(0, longest - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
