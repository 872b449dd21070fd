/**
 * Breaks a text at spaces so that no line is longer than `width`, except for words that are. Lines after the first
 * are indented by `indent` spaces, which count; the first line is taken to begin there as well.
 */
export function wrap(text: string, width: number, indent: number): string {
  const room = Math.max(1, width - indent);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter(Boolean)) {
    if (line === '') line = word;
    else if (line.length + 1 + word.length <= room) line += ` ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line].join(`\n${' '.repeat(indent)}`);
}
