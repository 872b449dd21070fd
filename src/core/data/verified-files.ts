import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { readJson } from '../files/json';
import { hashFile, type Checksum, type ChecksumAlgorithm } from './checksum';

/** An entry has some 200 bytes. */
const MAX_MANIFEST_BYTES = 2 ** 20;
const entry = z.object({
  ...{ size: z.number(), mtimeMs: z.number() },
  ...{ sha256: z.string().optional(), md5: z.string().optional() },
});
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

  /** The checksum of `file`, in hex. Throws the file system's error when it can't be read. */
  async checksum(file: string, algorithm: ChecksumAlgorithm, signal?: AbortSignal): Promise<string> {
    const { size, mtimeMs } = await stat(file);
    this.entries ??= this.load();
    const entries = await this.entries;
    const place = path.resolve(file);
    const found = entries[place];
    const known = found?.size === size && found.mtimeMs === mtimeMs ? found : undefined;
    const remembered = known?.[algorithm];
    if (remembered !== undefined) return remembered;
    const hex = await hashFile(file, size, { algorithm, signal });
    entries[place] = { ...known, size, mtimeMs, [algorithm]: hex };
    await this.save(entries);
    return hex;
  }

  /** What was found out of a file elsewhere: nobody has to compute it again. */
  async remember(file: string, { algorithm, hex }: Checksum): Promise<void> {
    const { size, mtimeMs } = await stat(file);
    this.entries ??= this.load();
    const entries = await this.entries;
    entries[path.resolve(file)] = { size, mtimeMs, [algorithm]: hex };
    await this.save(entries);
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
