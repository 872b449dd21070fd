import { M2atError } from '../errors';
import { parseJson } from './json';
import type { ReadOptions } from './open-for-reading';
import { sha256 } from './sha256';
import { readText } from './text';

const DIGITS = 8;
const SEAL = /,\s*"sum":\s*"([0-9a-f]{8})"\s*\}\s*$/;
/** More than a seal has, with white space of any editor. */
const LONGEST = 128;

/**
 * The JSON text of an object with a checksum as its last key, `sum`: the first 8 hex digits of the SHA-256 of the text
 * up to there. Pretty text stays pretty.
 */
export function sealJson(json: string): string {
  const body = json.trimEnd().slice(0, -1).trimEnd();
  const [before, after] = json.startsWith('{\n') ? ['\n  ', '\n}\n'] : ['', '}'];
  return `${body},${before}"sum":${before && ' '}"${sumOf(body)}"${after}`;
}

export interface UnsealedJson {
  /** The JSON text without its checksum. */
  readonly json: string;
  /** False for what a version without checksums wrote: nobody knows whether it is still as it was. */
  readonly verified: boolean;
}

/** @throws M2atError `data` for a text that is not as it was sealed */
export function unsealJson(text: string): UnsealedJson {
  const tail = text.slice(-LONGEST);
  const seal = SEAL.exec(tail);
  if (!seal) return { json: text, verified: false };
  const body = text.slice(0, text.length - tail.length + seal.index);
  if (sumOf(body) !== seal[1]) throw new M2atError('data', 'its checksum differs: it was damaged or changed');
  return { json: `${body}}`, verified: true };
}

/**
 * The value of a JSON file with a checksum, or without one, as a version without them wrote it.
 * @throws M2atError `data` for a file that is not as it was sealed; otherwise as `readJson`
 */
export async function readSealedJson(
  file: string,
  maxBytes: number,
  options: ReadOptions = {},
): Promise<{ readonly value: unknown; readonly verified: boolean }> {
  const { json, verified } = unsealJson(await readText(file, maxBytes, options));
  return { value: parseJson(json, file, options), verified };
}

/** The first hex digits of the SHA-256 of the bytes of a text without line breaks, as a seal has them. */
export function sumOfBytes(body: Uint8Array): string {
  return sha256(body).slice(0, DIGITS);
}

/** Git may have made other line ends of a file on another system. */
function sumOf(body: string): string {
  return sha256(body.replaceAll('\r\n', '\n')).slice(0, DIGITS);
}
