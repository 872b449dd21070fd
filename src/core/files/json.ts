import { M2atError, messageOf } from '../errors';
import type { ReadOptions } from './open-for-reading';
import { readText } from './text';

/** Lists in lists and objects in objects: what walks over a value calls itself so many times. */
export const MAX_DEPTH = 100;

/**
 * The value of a JSON file; what it is made of has to be looked at yet.
 * @throws M2atError with the code of the options: as {@link readText}, for what is no JSON, and for values in values more
 * than {@link MAX_DEPTH} deep; the file system's own errors as they are
 */
export async function readJson(file: string, maxBytes: number, options: ReadOptions = {}): Promise<unknown> {
  return parseJson(await readText(file, maxBytes, options), file, options);
}

/** @throws M2atError with the code of the options for what is no JSON, or nested too deep */
export function parseJson(text: string, where: string, { code = 'io', hint }: ReadOptions = {}): unknown {
  const details = { where, ...(hint === undefined ? {} : { hint }) };
  if (isNestedTooDeep(text)) throw new M2atError(code, TOO_DEEP, details);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new M2atError(code, `is no JSON (${syntaxProblemOf(cause)})`, { ...details, cause });
  }
}

/** Without the piece of the text that the engine quotes, which may be anything. */
function syntaxProblemOf(error: unknown): string {
  return messageOf(error).replace(/, (?:\.\.\.)?"[^]*"(?:\.\.\.)? is not valid JSON$/, '');
}

export const TOO_DEEP = `has lists and objects that are nested more than ${MAX_DEPTH} deep`;

/** Whether the text of a JSON value opens more lists and objects than {@link MAX_DEPTH} in one another. */
export function isNestedTooDeep(text: string): boolean {
  return placeTooDeep(text) >= 0;
}

/**
 * Where the first list or object is opened that is too deep; -1 where none is. Comments, as experiment files may have them,
 * are passed over, and a text that is no JSON gets some answer.
 */
export function placeTooDeep(text: string): number {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (char === QUOTE) i = endOfString(text, i);
    else if (char === SLASH) i = endOfComment(text, i);
    else if (char === OPEN_LIST || char === OPEN_OBJECT) {
      if (++depth > MAX_DEPTH) return i;
    } else if (char === CLOSE_LIST || char === CLOSE_OBJECT) depth--;
  }
  return -1;
}

const [QUOTE, SLASH, STAR, BACKSLASH, LINE_BREAK] = [0x22, 0x2f, 0x2a, 0x5c, 0x0a];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** The place of the closing quote; that of a line break, where parsers give up, if there is none before it. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (char === QUOTE || char === LINE_BREAK) return i;
    if (char === BACKSLASH) i++;
  }
  return text.length;
}

function endOfComment(text: string, start: number): number {
  const second = text.charCodeAt(start + 1);
  if (second !== SLASH && second !== STAR) return start;
  const end = text.indexOf(second === SLASH ? '\n' : '*/', start + 2);
  return end < 0 ? text.length : end + (second === STAR ? 1 : 0);
}
