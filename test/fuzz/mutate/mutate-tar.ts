import { gzipSync } from 'node:zlib';
import type { Random } from '../../../src/core/random';
import { mutateBytes, pick } from './mutate-bytes';

const BLOCK = 512;

/** Fields of a header: where they are, and how long. */
const fields: Readonly<Record<string, readonly [number, number]>> = {
  name: [0, 100],
  mode: [100, 8],
  size: [124, 12],
  type: [156, 1],
  link: [157, 100],
  magic: [257, 6],
  prefix: [345, 155],
};

const texts: readonly string[] = [
  ...[
    '',
    '0',
    '1',
    '7',
    '777',
    '77777777777',
    '00000000001',
    '-1',
    '1e9',
    '0x10',
    '٣',
    '\x80\0\0\0\0\0\0\x01',
    '\xff'.repeat(12),
  ],
  ...[
    '../outside',
    '/etc/passwd',
    'a/wanted',
    'a/wanted/',
    'a\0b',
    '\x1b[2J',
    '.',
    '..',
    '\ud800',
    'x'.repeat(200),
  ],
  ...['1', '2', '3', '5', 'x', 'g', 'L', 'K', 'S', '\0', ' '],
];

/**
 * A .tar.gz whose headers are odd and whose checksums are right, or whose blocks are moved, left out or repeated; or with
 * bytes that are changed before or after it was compressed.
 * @param tar the archive before it is compressed
 */
export function mutateTarGz(tar: Buffer, random: Random): { bytes: Buffer; label: string } {
  switch (random.int(5)) {
    case 0: {
      const { bytes, label } = mutateBytes(gzipSync(tar), random);
      return { bytes, label: `compressed: ${label}` };
    }
    case 1: {
      const { bytes, label } = mutateBytes(tar, random);
      return { bytes: gzipSync(bytes), label };
    }
    case 2: {
      const blocks = Array.from({ length: tar.length / BLOCK }, (_, n) =>
        tar.subarray(n * BLOCK, (n + 1) * BLOCK),
      );
      const [at, to] = [random.int(blocks.length), random.int(blocks.length)];
      const block = blocks[at] ?? Buffer.alloc(BLOCK);
      const changed = pick(random, [
        blocks.toSpliced(at, 1),
        blocks.toSpliced(to, 0, block),
        blocks.toSpliced(at, 0, Buffer.alloc(BLOCK)),
        blocks.slice(0, at),
      ]);
      return { bytes: gzipSync(Buffer.concat(changed)), label: `blocks ${at}, ${to}` };
    }
    default: {
      const changed = Buffer.from(tar);
      const at = pick(random, headersOf(tar));
      const [name, [from, length]] = pick(random, Object.entries(fields));
      const text = pick(random, texts);
      changed.fill(0, at + from, at + from + length);
      changed.write(text, at + from, length, random.int(2) ? 'latin1' : 'utf8');
      sign(changed.subarray(at, at + BLOCK));
      return { bytes: gzipSync(changed), label: `${name} of the header at ${at}: ${JSON.stringify(text)}` };
    }
  }
}

function headersOf(tar: Buffer): number[] {
  return Array.from({ length: tar.length / BLOCK }, (_, n) => n * BLOCK).filter(
    (at) => tar.toString('latin1', at + 257, at + 262) === 'ustar',
  );
}

function sign(header: Buffer): void {
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}
