import { promisify } from 'node:util';
import { deflate, inflate } from 'node:zlib';

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** Pictures of noise hardly get smaller by more effort. */
const LEVEL = 3;
const KEYWORD = 'm2at';
const compress = promisify(deflate);
const decompress = promisify(inflate);

/**
 * Encodes a PNG without keeping this thread: compressing a large picture takes a second, in which an attack may be
 * cancelled.
 * @param pixels [height, width, 3]
 * @param text what {@link pngText} finds in it: ASCII
 */
export async function encodePng(
  pixels: Uint8Array,
  width: number,
  height: number,
  text?: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const stride = 3 * width;
  // Every line begins with the number of its filter: none.
  const lines = new Uint8Array((stride + 1) * height);
  for (let y = 0; y < height; y++) {
    lines.set(pixels.subarray(y * stride, (y + 1) * stride), y * (stride + 1) + 1);
  }
  const data = await compress(lines, { level: LEVEL });
  const texts = text === undefined ? [] : [chunk('tEXt', Buffer.from(`${KEYWORD}\0${text}`, 'latin1'))];
  const chunks = [
    chunk('IHDR', headerOf(width, height)),
    ...texts,
    chunk('IDAT', data),
    chunk('IEND', new Uint8Array()),
  ];
  return Uint8Array.from(Buffer.concat([SIGNATURE, ...chunks]));
}

/**
 * Decodes a PNG that {@link encodePng} wrote. A hostile one takes no more memory than the picture that is expected.
 * @returns [height, width, 3]; undefined for one that is damaged, has another size, or was written otherwise
 */
export async function decodePng(
  png: Uint8Array,
  width: number,
  height: number,
): Promise<Uint8Array | undefined> {
  const chunks = chunksOf(png);
  const header = chunks?.find(({ type }) => type === 'IHDR')?.content;
  if (!header?.equals(headerOf(width, height))) return undefined;
  const data = Buffer.concat(
    (chunks ?? []).flatMap(({ type, content }) => (type === 'IDAT' ? [content] : [])),
  );
  const stride = 3 * width;
  const size = (stride + 1) * height;
  const lines = await decompress(data, { maxOutputLength: size }).catch(() => undefined);
  if (lines?.length !== size) return undefined;
  const pixels = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const from = y * (stride + 1);
    if (lines[from] !== 0) return undefined;
    pixels.set(lines.subarray(from + 1, from + 1 + stride), y * stride);
  }
  return pixels;
}

/** The text in a picture of {@link encodePng}; undefined where there is none, or it is damaged. */
export function pngText(png: Uint8Array): string | undefined {
  const start = `${KEYWORD}\0`;
  return chunksOf(png)
    ?.filter(({ type }) => type === 'tEXt')
    .map(({ content }) => content.toString('latin1'))
    .find((text) => text.startsWith(start))
    ?.slice(start.length);
}

interface Chunk {
  readonly type: string;
  readonly content: Buffer;
}

/** Undefined when a chunk is cut off or its checksum differs. */
function chunksOf(png: Uint8Array): Chunk[] | undefined {
  const bytes = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  const chunks: Chunk[] = [];
  for (let at = SIGNATURE.length; at + 12 <= bytes.length;) {
    const end = at + 12 + bytes.readUInt32BE(at);
    if (end > bytes.length || crc(bytes.subarray(at + 4, end - 4)) !== bytes.readUInt32BE(end - 4))
      return undefined;
    chunks.push({ type: bytes.toString('latin1', at + 4, at + 8), content: bytes.subarray(at + 8, end - 4) });
    at = end;
  }
  return chunks;
}

/** 8 bits; red, green and blue. */
function headerOf(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);
  return header;
}

function chunk(type: string, data: Uint8Array): Buffer {
  const bytes = Buffer.alloc(12 + data.length);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, 'latin1');
  bytes.set(data, 8);
  bytes.writeUInt32BE(crc(bytes.subarray(4, 8 + data.length)), 8 + data.length);
  return bytes;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = (value >>> 8) ^ (crcTable[(value ^ byte) & 0xff] ?? 0);
  return (value ^ 0xffffffff) >>> 0;
}
