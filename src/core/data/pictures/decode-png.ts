import { inflateSync } from 'node:zlib';
import { convertIndexedToRgb, decode, type DecodedPng } from 'fast-png';
import { M2atError, messageOf } from '../../errors';
import { withoutAlpha, type Picture } from './picture';

/** What decides the pixels; texts, colour profiles and the like are left out before others look at them. */
const critical = ['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND'];
/** Deflate packs 1032 bytes into one at most: so little can't unpack to much. */
const HARMLESS_BYTES = 2 ** 16;

/**
 * A PNG of any kind: grey, colour, palette, 1 to 16 bits a value, of which the upper 8 count. How opaque pixels are is passed
 * over.
 * @param pixels that its header says, which were found to be few enough
 * @throws M2atError `data`
 */
export function decodePng(bytes: Buffer, pixels: number, where: string): Picture {
  try {
    const png = decode(criticalOf(bytes, pixels), { checkCrc: true });
    const { width, height } = png;
    if (width * height !== pixels) throw new Error('it has two sizes');
    const [channels, data] = bytesOf(png);
    return { width, height, channels, data };
  } catch (error) {
    throw new M2atError('data', `a PNG that can't be decoded (${messageOf(error)})`, { where, cause: error });
  }
}

/** The file with critical chunks only. @throws Error when one is cut short, or its data unpack to more than an image */
function criticalOf(bytes: Buffer, pixels: number): Buffer {
  const kept = [bytes.subarray(0, 8)];
  const packed: Buffer[] = [];
  for (let at = 8; ;) {
    if (at + 12 > bytes.length) throw new Error('it is cut short');
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    const end = at + 12 + length;
    if (end > bytes.length) throw new Error('it is cut short');
    if (critical.includes(type)) kept.push(bytes.subarray(at, end));
    if (type === 'IDAT') packed.push(bytes.subarray(at + 8, end - 4));
    if (type === 'IEND') break;
    at = end;
  }
  const total = packed.reduce((sum, { length }) => sum + length, 0);
  // Four values of two bytes a pixel, a byte a row, and seven passes.
  if (total > HARMLESS_BYTES) inflateSync(Buffer.concat(packed), { maxOutputLength: 16 * pixels + 4096 });
  return Buffer.concat(kept);
}

function bytesOf(png: DecodedPng): [1 | 3, Uint8Array] {
  const { width, height, channels, depth, palette } = png;
  const pixels = width * height;
  if (palette && channels === 1) {
    const colours = convertIndexedToRgb(png);
    return [3, colours.length === pixels * 4 ? withoutAlpha(colours, pixels) : colours];
  }
  const values = depth < 8 ? spread(png) : bytesFrom(png.data);
  if (channels === 4) return [3, withoutAlpha(values, pixels)];
  if (channels === 2) return [1, Uint8Array.from({ length: pixels }, (_, n) => values[2 * n] ?? 0)];
  return [channels === 3 ? 3 : 1, values];
}

function bytesFrom(data: DecodedPng['data']): Uint8Array {
  if (data instanceof Uint16Array) return Uint8Array.from(data, (value) => value >> 8);
  return data instanceof Uint8Array ? data : Uint8Array.from(data);
}

/** Grey of fewer than 8 bits: rows begin at a byte, and the largest value is white. */
function spread({ width, height, depth, data }: DecodedPng): Uint8Array {
  const out = new Uint8Array(width * height);
  const stride = Math.ceil((width * depth) / 8);
  const largest = 2 ** depth - 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bit = x * depth;
      const byte = data[y * stride + (bit >> 3)] ?? 0;
      out[y * width + x] = ((byte >> (8 - depth - (bit & 7))) & largest) * (255 / largest);
    }
  }
  return out;
}
