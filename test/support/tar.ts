import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

const blockBytes = 512;

/**
 * Unpacks the folders and regular files of a ustar archive into `folder`.
 * @throws Error on any other kind of entry, on a path that leaves `folder`, and on a truncated archive.
 */
export async function unpackTar(archive: Buffer, folder: string): Promise<void> {
  for (let at = 0; at + blockBytes <= archive.length;) {
    const header = archive.subarray(at, at + blockBytes);
    if (header.every((byte) => byte === 0)) return;
    const name = path.posix.join(text(header, 345, 155), text(header, 0, 100));
    const size = Number.parseInt(text(header, 124, 12), 8);
    const kind = text(header, 156, 1);
    const target = path.resolve(folder, name);
    const inside = path.relative(folder, target);
    if (inside.startsWith('..') || path.isAbsolute(inside)) throw new Error(`tar: ${name} leaves the folder`);
    at += blockBytes;
    if (!(at + size <= archive.length)) throw new Error(`tar: ${name} is truncated`);
    if (kind === '5') {
      await mkdir(target, { recursive: true });
    } else if (kind === '0' || kind === '') {
      await mkdir(path.dirname(target), { recursive: true });
      const mode = Number.parseInt(text(header, 100, 8), 8) & 0o755;
      await writeFile(target, archive.subarray(at, at + size), { mode });
    } else {
      throw new Error(`tar: ${name} is an entry of kind ${kind}, neither a file nor a folder`);
    }
    at += Math.ceil(size / blockBytes) * blockBytes;
  }
  throw new Error('tar: the archive has no end');
}

/** A NUL-terminated field. */
function text(header: Buffer, start: number, length: number): string {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? length : end).trim();
}
