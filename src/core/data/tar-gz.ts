import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { pipeline } from 'node:stream/promises';
import { codeOf } from '../files/error-code';
import { openNew } from '../files/own-file';
import { M2atError, messageOf } from '../errors';

/** A member to take out of an archive. */
export interface WantedMember {
  /** Its exact name in the archive. */
  readonly name: string;
  /** The file to write: chosen by the caller, never by the archive. */
  readonly target: string;
  readonly maxBytes: number;
}

const block = 512;
/** Of all that an archive unpacks to: CIFAR-10 has 184 MB. */
const MAX_UNPACKED_BYTES = 2 ** 31;

interface Header {
  readonly name: string;
  readonly bytes: number;
  readonly regular: boolean;
}

/**
 * Takes the wanted members out of a .tar.gz stream and skips the others.
 * @throws M2atError `data` when the archive is damaged or truncated, or a member is missing, repeated, too
 * large or not a regular file. Targets that were already written stay: the caller removes its folder.
 */
export async function extractTarGz(
  source: Readable,
  archive: string,
  wanted: readonly WantedMember[],
  signal?: AbortSignal,
): Promise<void> {
  const reader = new TarReader(archive, wanted);
  let reading = Promise.resolve();
  try {
    await pipeline(
      source,
      createGunzip({ chunkSize: 256 * 1024 }),
      (chunks: AsyncIterable<Buffer>) => (reading = reader.read(chunks)),
      { ...(signal ? { signal } : {}) },
    );
  } catch (error) {
    // A broken pipeline doesn't wait for its last part, which may be opening a file.
    await reading.catch(() => undefined);
    // Taking the archive apart stops the stream, which may report that first.
    if (reader.failure !== undefined) throw reader.failure;
    if (isZlibError(error)) {
      throw new M2atError('data', `the archive is truncated or damaged (${error.message})`, {
        where: archive,
        cause: error,
      });
    }
    throw error;
  } finally {
    await reader.close();
  }
  reader.assertComplete();
}

/** The state machine: header, content, padding, header, … over chunks of any size. */
class TarReader {
  private readonly missing: Map<string, WantedMember>;
  private header = Buffer.alloc(0);
  private file: FileHandle | undefined;
  private contentLeft = 0;
  private paddingLeft = 0;
  private ended = false;
  private unpacked = 0;
  /** What {@link read} itself failed with, as against the stream that it reads. */
  failure: Error | undefined;

  constructor(
    private readonly archive: string,
    wanted: readonly WantedMember[],
  ) {
    this.missing = new Map(wanted.map((member) => [member.name, member]));
  }

  async read(chunks: AsyncIterable<Buffer>): Promise<void> {
    for await (const chunk of chunks) {
      try {
        this.unpacked += chunk.length;
        if (this.unpacked > MAX_UNPACKED_BYTES) {
          throw this.damaged(`the archive unpacks to more than ${MAX_UNPACKED_BYTES} bytes`);
        }
        // After the end mark there is only padding; it is still read so that gunzip checks its checksum.
        for (let at = 0; at < chunk.length && !this.ended;) at += await this.consume(chunk.subarray(at));
      } catch (error) {
        this.failure = error instanceof Error ? error : new Error(messageOf(error));
        throw error;
      }
    }
    if (!this.ended && (this.contentLeft > 0 || this.header.length > 0)) {
      throw this.damaged('the archive ends in the middle of a member');
    }
  }

  assertComplete(): void {
    if (this.missing.size > 0) {
      throw this.damaged(`the archive has no member ${[...this.missing.keys()].join(', ')}`);
    }
  }

  async close(): Promise<void> {
    await this.file?.close();
    this.file = undefined;
  }

  /** Uses up the start of `chunk`; returns how many bytes. */
  private async consume(chunk: Buffer): Promise<number> {
    if (this.contentLeft > 0) {
      const part = chunk.subarray(0, this.contentLeft);
      await this.file?.writeFile(part);
      this.contentLeft -= part.length;
      if (this.contentLeft === 0) await this.finishMember();
      return part.length;
    }
    if (this.paddingLeft > 0) {
      const bytes = Math.min(this.paddingLeft, chunk.length);
      this.paddingLeft -= bytes;
      return bytes;
    }
    const part = chunk.subarray(0, block - this.header.length);
    this.header = Buffer.concat([this.header, part]);
    if (this.header.length === block) {
      const header = this.parse(this.header);
      this.header = Buffer.alloc(0);
      if (header) await this.startMember(header);
      else this.ended = true;
    }
    return part.length;
  }

  private async startMember({ name, bytes, regular }: Header): Promise<void> {
    this.contentLeft = bytes;
    this.paddingLeft = (block - (bytes % block)) % block;
    const member = this.missing.get(name);
    if (member) {
      if (!regular) throw this.damaged(`the member ${name} is not a regular file`);
      if (bytes > member.maxBytes) {
        throw this.damaged(`the member ${name} has ${bytes} bytes, at most ${member.maxBytes} are expected`);
      }
      this.missing.delete(name);
      // An archive with the same member twice never gets here again, and nobody's file is overwritten.
      this.file = await openNew(member.target);
      if (!this.file) throw this.damaged(`there is a file ${member.target} already`);
    }
    if (bytes === 0) await this.finishMember();
  }

  private async finishMember(): Promise<void> {
    await this.file?.sync();
    await this.close();
  }

  /** A ustar header; undefined for the block of zeros that ends the archive. */
  private parse(header: Buffer): Header | undefined {
    if (header.every((byte) => byte === 0)) return undefined;
    // The checksum is computed with its own field taken as blanks.
    let sum = 8 * 32;
    for (let i = 0; i < block; i++) if (i < 148 || i >= 156) sum += header[i] ?? 0;
    if (octal(header.subarray(148, 156)) !== sum) throw this.damaged('a tar header has a wrong checksum');
    const bytes = octal(header.subarray(124, 136));
    if (!Number.isSafeInteger(bytes)) throw this.damaged('a tar header has no valid size');
    const ustar = header.toString('latin1', 257, 262) === 'ustar';
    const prefix = ustar ? text(header.subarray(345, 500)) : '';
    const name = text(header.subarray(0, 100));
    const type = header[156];
    return { name: prefix ? `${prefix}/${name}` : name, bytes, regular: type === 0x30 || type === 0 };
  }

  private damaged(what: string): M2atError {
    return new M2atError('data', what, { where: this.archive });
  }
}

/** The text of a NUL-terminated field. */
function text(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? field.length : end);
}

/** The value of an octal field; NaN when it is none. */
function octal(field: Buffer): number {
  const digits = text(field).trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}

function isZlibError(error: unknown): error is Error {
  return error instanceof Error && codeOf(error)?.startsWith('Z_') === true;
}
