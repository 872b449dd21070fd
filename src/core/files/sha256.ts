import * as crypto from 'node:crypto';

/** Of a line it takes a third of the time; Node.js has it from 20.12 on. */
const inOneCall = (crypto as Partial<typeof crypto>).hash;

/** The SHA-256 of bytes, or of a text in UTF-8: 64 hex digits. */
export function sha256(data: string | Uint8Array): string {
  return inOneCall?.('sha256', data, 'hex') ?? crypto.createHash('sha256').update(data).digest('hex');
}

/** The SHA-256 of a JSON value in its {@link canonicalJson} form. */
export function sha256OfJson(value: unknown): string {
  return sha256(canonicalJson(value));
}

/**
 * A JSON value as the one text that stands for it, however it was formatted: keys in order, no white space. What JSON
 * lacks is left out or null, as in a file.
 */
export function canonicalJson(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? 'null' : ordered(JSON.parse(text));
}

function ordered(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(ordered).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const keys = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${keys.map(([key, member]) => `${JSON.stringify(key)}:${ordered(member)}`).join()}}`;
}
