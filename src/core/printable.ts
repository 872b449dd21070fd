/**
 * What a terminal, a log or a list would obey instead of showing it: control characters (ESC among them), line and
 * paragraph separators, and what is invisible or changes the direction of the text around it; lone surrogates.
 */
const UNSEEN = String.raw`\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u034f\u115f\u1160\u3164\uffa0`;
const unseen = new RegExp(`[${UNSEEN}]`, 'u');
const everyUnseen = new RegExp(`[${UNSEEN}]`, 'gu');
/** Of these, what no path has: zero-width joiners, say, are parts of emoji and of Persian words. */
const unfitForPaths = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

/**
 * A text of any origin as one line that can be shown anywhere: `\x1b`, `\n`, `\u202e` and the like stand for what is not
 * shown. What was made printable stays as it is when it comes by again.
 */
export function printable(text: string): string {
  return text.replace(everyUnseen, escapeOf);
}

/** The same for a text of several lines, which stay. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** The same for the text of a JSON value, of which it changes nothing. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(everyUnseen, (found) =>
    Array.from({ length: found.length }, (_, i) => `\\u${hex(found.charCodeAt(i), 4)}`).join(''),
  );
}

/** A text of at most so many characters: of a longer one the beginning, and its end, between which `…` stands. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = Math.floor(most / 4);
  return `${whole(text.slice(0, most - end - 1))}…${whole(text.slice(-end))}`;
}

/** Without half of a character at an end. */
function whole(text: string): string {
  return text.replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, '');
}

/** Whether a name is made of characters that are seen. */
export function isPrintable(name: string): boolean {
  return !unseen.test(name);
}

/** Whether a path has no control characters, line separators or changes of direction. */
export function isPrintablePath(file: string): boolean {
  return !unfitForPaths.test(file);
}

function escapeOf(found: string): string {
  const code = found.codePointAt(0) ?? 0;
  switch (found) {
    case '\n':
      return '\\n';
    case '\r':
      return '\\r';
    case '\t':
      return '\\t';
  }
  if (code < 0x100) return `\\x${hex(code, 2)}`;
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\u{${code.toString(16)}}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
