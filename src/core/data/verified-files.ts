import { createHash } from 'node:crypto';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { readJson } from '../files/json';
import { readChunks } from '../files/read-chunks';

/** An entry has some 200 bytes. */
const MAX_MANIFEST_BYTES = 2 ** 20;
const entry = z.object({ size: z.number(), mtimeMs: z.number(), sha256: z.string() });
const manifest = z.object({ version: z.literal(1), files: z.record(z.string(), entry) });
type Entries = z.output<typeof manifest>['files'];

/**
 * Checksums of files that were computed once: hashing CIFAR-10 takes a second, which no start should pay
 * twice. A file is hashed again when its size or its modification time changed.
 */
export class VerifiedFiles {
  private readonly path: string;
  private entries: Promise<Entries> | undefined;

  /** @param folder where the memory is kept, as `verified-files.json` */
  constructor(private readonly folder: string) {
    this.path = path.join(folder, 'verified-files.json');
  }

  /** The SHA-256 of `file`, in hex. Throws the file system's error when it can't be read. */
  async sha256(file: string, signal?: AbortSignal): Promise<string> {
    const { size, mtimeMs } = await stat(file);
    this.entries ??= this.load();
    const entries = await this.entries;
    const known = entries[path.resolve(file)];
    if (known?.size === size && known.mtimeMs === mtimeMs) return known.sha256;
    const sha256 = await hashFile(file, size, signal);
    entries[path.resolve(file)] = { size, mtimeMs, sha256 };
    await this.save(entries);
    return sha256;
  }

  private async load(): Promise<Entries> {
    try {
      return manifest.parse(await readJson(this.path, MAX_MANIFEST_BYTES)).files;
    } catch {
      // Absent or unreadable: only speed is lost.
      return {};
    }
  }

  private async save(entries: Entries): Promise<void> {
    const temporary = `${this.path}.${process.pid}.tmp`;
    try {
      await mkdir(this.folder, { recursive: true });
      await writeFile(temporary, JSON.stringify({ version: 1, files: entries }, null, 1));
      await rename(temporary, this.path);
    } catch {
      // A read-only home, say: the files are hashed again next time.
      await rm(temporary, { force: true });
    }
  }
}

/**
 * The SHA-256 of a file, in hex.
 * @throws M2atError `data` when it has more bytes than it should; the file system's error when it can't be read
 */
export async function hashFile(file: string, maxBytes: number, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await readChunks(file, maxBytes, (chunk) => hash.update(chunk), { code: 'data', signal });
  return hash.digest('hex');
}
