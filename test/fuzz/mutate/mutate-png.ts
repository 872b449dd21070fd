import { deflateSync } from 'node:zlib';
import type { Random } from '../../../src/core/random';
import { edges, mutateBytes, pick } from './mutate-bytes';

interface Chunk {
  readonly type: string;
  readonly data: Buffer;
}

const SIGNATURE_BYTES = 8;

/** A PNG whose chunks are odd and whose checksums are right: sizes, depths, colours, data of other lengths, in other orders. */
export function mutatePng(bytes: Buffer, random: Random): { bytes: Buffer; label: string } {
  const chunks = chunksOf(bytes);
  const { changed, label } = edit(chunks, random);
  const parts = changed.map((chunk) => encodeChunk(chunk));
  return { bytes: Buffer.concat([bytes.subarray(0, SIGNATURE_BYTES), ...parts]), label };
}

function edit(chunks: readonly Chunk[], random: Random): { changed: Chunk[]; label: string } {
  const at = random.int(chunks.length);
  const chunk = chunks[at] ?? { type: 'IDAT', data: Buffer.alloc(0) };
  switch (random.int(6)) {
    case 0: {
      const header = Buffer.from(chunks[0]?.data ?? Buffer.alloc(13));
      const field = random.int(2);
      header.writeUInt32BE(pick(random, [...edges, 1024, 100_000, 30_000]) >>> 0, 4 * field);
      if (random.int(3) === 0) header.writeUInt32BE(30_000, 4 * (1 - field));
      return {
        changed: withHeader(chunks, header),
        label: `size ${header.readUInt32BE(0)} x ${header.readUInt32BE(4)}`,
      };
    }
    case 1: {
      const header = Buffer.from(chunks[0]?.data ?? Buffer.alloc(13));
      header[8 + random.int(5)] = pick(random, [0, 1, 2, 3, 4, 6, 8, 16, 32, 255]);
      return { changed: withHeader(chunks, header), label: `header ${header.toString('hex', 8)}` };
    }
    case 2: {
      const size = 10 ** random.int(8);
      const data = deflateSync(Buffer.alloc(size, random.int(256)));
      return {
        changed: chunks.map((one) => (one.type === 'IDAT' ? { ...one, data } : one)),
        label: `${size} bytes of pixels`,
      };
    }
    case 3: {
      const type = pick(random, [
        'IDAT',
        'PLTE',
        'tRNS',
        'iCCP',
        'tEXt',
        'pHYs',
        'acTL',
        'fdAT',
        'IHDR',
        'ZZZZ',
        '\0\0\0\0',
      ]);
      return {
        changed: chunks.toSpliced(at, 0, { type, data: chunk.data }),
        label: `${type} before chunk ${at}`,
      };
    }
    case 4:
      return { changed: chunks.toSpliced(at, 1), label: `without ${chunk.type}` };
    default: {
      const { bytes, label } = mutateBytes(chunk.data, random);
      return { changed: chunks.with(at, { ...chunk, data: bytes }), label: `${chunk.type}: ${label}` };
    }
  }
}

function withHeader(chunks: readonly Chunk[], data: Buffer): Chunk[] {
  return chunks.with(0, { type: 'IHDR', data });
}

function chunksOf(bytes: Buffer): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = SIGNATURE_BYTES; at + 12 <= bytes.length;) {
    const length = bytes.readUInt32BE(at);
    chunks.push({
      type: bytes.toString('latin1', at + 4, at + 8),
      data: bytes.subarray(at + 8, at + 8 + length),
    });
    at += 12 + length;
  }
  return chunks;
}

function encodeChunk({ type, data }: Chunk): Buffer {
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, 'latin1');
  data.copy(chunk, 8);
  chunk.writeUInt32BE(crc(chunk.subarray(4, 8 + data.length)), 8 + data.length);
  return chunk;
}

function crc(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return (value ^ 0xffffffff) >>> 0;
}
