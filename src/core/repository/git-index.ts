/** A file as the index of a repository knows it. */
export interface IndexEntry {
  /** Bytes of the path as characters of Latin-1, `/` between its parts. */
  readonly name: string;
  /** Octal, such as 100644. */
  readonly mode: number;
  readonly hash: Buffer;
  /** Nanoseconds. */
  readonly changed: bigint;
  readonly modified: bigint;
  /** Bytes, modulo 2^32; 0 also where the content has to be looked at. */
  readonly size: number;
  /** Not there on purpose, or not to be looked at. */
  readonly skipped: boolean;
  /** Of a conflict, or announced with `git add -N`: no commit has it like that. */
  readonly unsettled: boolean;
}

/** Of an index of another kind: it can't be said what is in it. */
export class UnknownIndex extends Error {}

const STAT_BYTES = 40;

/**
 * Reads the index of a work tree, of the versions 2 to 4.
 * @param hashBytes 20, or 32 of a repository that names objects by SHA-256
 * @throws UnknownIndex for what is no such index: damaged, or split, or sparse
 */
export function readIndex(bytes: Buffer, hashBytes: number): IndexEntry[] {
  try {
    return entriesOf(bytes, hashBytes);
  } catch (error) {
    if (error instanceof RangeError) throw new UnknownIndex('it ends too early', { cause: error });
    throw error;
  }
}

function entriesOf(bytes: Buffer, hashBytes: number): IndexEntry[] {
  const version = bytes.readUInt32BE(4);
  if (bytes.toString('latin1', 0, 4) !== 'DIRC' || version < 2 || version > 4)
    throw new UnknownIndex('version');
  const entries: IndexEntry[] = [];
  const end = bytes.length - hashBytes;
  let at = 12;
  let before = '';
  for (let left = bytes.readUInt32BE(8); left > 0; left--) {
    const start = at;
    const flags = bytes.readUInt16BE(start + STAT_BYTES + hashBytes);
    const isExtended = (flags & 0x4000) !== 0;
    const more = isExtended ? bytes.readUInt16BE(start + STAT_BYTES + hashBytes + 2) : 0;
    at = start + STAT_BYTES + hashBytes + (isExtended ? 4 : 2);
    let kept = '';
    if (version === 4) {
      const { value, next } = readVarint(bytes, at);
      kept = before.slice(0, Math.max(0, before.length - value));
      at = next;
    }
    const nul = bytes.indexOf(0, at);
    if (nul < 0 || nul > end) throw new UnknownIndex('a name has no end');
    const name = kept + bytes.toString('latin1', at, nul);
    // Padded to a multiple of 8, with at least one zero.
    at = version === 4 ? nul + 1 : start + ((nul - start + 8) & ~7);
    before = name;
    entries.push({
      name,
      mode: bytes.readUInt32BE(start + 24),
      hash: bytes.subarray(start + STAT_BYTES, start + STAT_BYTES + hashBytes),
      changed: timeAt(bytes, start),
      modified: timeAt(bytes, start + 8),
      size: bytes.readUInt32BE(start + 36),
      skipped: (flags & 0x8000) !== 0 || (more & 0x4000) !== 0,
      unsettled: (flags & 0x3000) !== 0 || (more & 0x2000) !== 0,
    });
  }
  while (at + 8 <= end) {
    // What begins with a small letter has to be understood.
    if ((bytes[at] ?? 0) >= 0x61) throw new UnknownIndex('it needs an extension');
    at += 8 + bytes.readUInt32BE(at + 4);
  }
  return entries;
}

function timeAt(bytes: Buffer, at: number): bigint {
  return BigInt(bytes.readUInt32BE(at)) * 1_000_000_000n + BigInt(bytes.readUInt32BE(at + 4));
}

/** A number in 7 bits a byte, the most significant first, where each further byte adds one. */
export function readVarint(bytes: Buffer, at: number): { readonly value: number; readonly next: number } {
  let byte = bytes.readUInt8(at);
  let value = byte & 127;
  let next = at + 1;
  while ((byte & 128) !== 0) {
    byte = bytes.readUInt8(next++);
    value = (value + 1) * 128 + (byte & 127);
  }
  return { value, next };
}
