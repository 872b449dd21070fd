import { M2atError } from '../errors';
import { readLimited } from './read-limited';
import type { ReadOptions } from './open-for-reading';

/**
 * The text of a file in UTF-8. A byte order mark at its beginning is no part of it.
 * @throws M2atError as {@link readLimited}, and for UTF-16
 */
export async function readText(file: string, maxBytes: number, options: ReadOptions = {}): Promise<string> {
  return decodeText(await readLimited(file, maxBytes, options), file, options);
}

/** @throws M2atError with the code of the options for a text in UTF-16, as its byte order mark says */
export function decodeText(bytes: Buffer, where: string, { code = 'io' }: ReadOptions = {}): string {
  const mark = bytes.length >= 2 ? bytes.readUInt16BE(0) : 0;
  if (mark === 0xfeff || mark === 0xfffe) {
    throw new M2atError(code, 'is a text in UTF-16', { where, hint: 'Save it as UTF-8.' });
  }
  return withoutMark(bytes.toString('utf8'));
}

/** The text without a byte order mark at its beginning. */
export function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}
