import { M2atError } from '../../errors';
import { MAX_PIXELS } from './picture';

export type PictureFormat = 'jpeg' | 'png' | 'webp' | 'pnm';

/** What the first bytes of a picture say. */
export interface PictureHeader {
  readonly format: PictureFormat;
  readonly width: number;
  readonly height: number;
  /** Bytes that its file has at least; 0 where it does not say. */
  readonly bytes: number;
}

/** Names that files of these formats end in, in lower case. */
export const pictureExtensions = ['.jpg', '.jpeg', '.jpe', '.jfif', '.png', '.webp', '.ppm', '.pgm', '.pnm'];

/**
 * Looks at the first bytes of a picture, whatever its file is called.
 * @returns undefined where more bytes are needed
 * @throws M2atError `data` for what is no picture, or one that is too large or of a kind that is not read
 */
export function readHeader(bytes: Uint8Array, where: string): PictureHeader | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = headerOf(view, where);
  if (!header) return undefined;
  const { width, height } = header;
  if (width === 0 || height === 0) throw refused(`a picture of ${width} x ${height} pixels`, where);
  if (width * height > MAX_PIXELS) {
    throw refused(`a picture of ${width} x ${height} pixels; at most ${MAX_PIXELS} are decoded`, where);
  }
  return header;
}

function headerOf(bytes: Buffer, where: string): PictureHeader | undefined {
  if (bytes.length === 0) throw refused('is an empty file', where);
  const start = bytes.toString('latin1', 0, 4);
  if (start.startsWith('\xff\xd8\xff')) return jpegHeader(bytes, where);
  if (start === '\x89PNG') {
    if (bytes.length < 24) return undefined;
    return { format: 'png', width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20), bytes: 0 };
  }
  if (start === 'RIFF' && bytes.length < 12) return undefined;
  if (start === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP') return webpHeader(bytes, where);
  if (/^P[56]\s/.test(start)) return pnmHeader(bytes, where);
  if (/^P[1-4]\s/.test(start)) {
    throw refused(
      'a PBM picture, or one written in text; PGM and PPM are read in their binary form (P5, P6)',
      where,
    );
  }
  throw refused('is no JPEG, PNG, WebP, PGM or PPM picture', where);
}

/** Walks over the segments before the frame's (ITU-T T.81, annex B). */
function jpegHeader(bytes: Buffer, where: string): PictureHeader | undefined {
  let at = 2;
  for (;;) {
    while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at++;
    if (at + 10 > bytes.length) return undefined;
    if (bytes[at] !== 0xff) throw refused('a JPEG whose segments are damaged', where);
    const marker = bytes[at + 1] ?? 0;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) {
      const baselineOrProgressive = [0xc0, 0xc1, 0xc2, 0xc9, 0xca];
      if (!baselineOrProgressive.includes(marker)) throw refused('a lossless or hierarchical JPEG', where);
      const depth = bytes[at + 4] ?? 0;
      if (depth !== 8) throw refused(`a JPEG with ${depth} bits a value; 8 are read`, where);
      const components = bytes[at + 9] ?? 0;
      if (components === 4) throw refused('a JPEG in CMYK, as for print; save it in RGB', where);
      if (components !== 1 && components !== 3) throw refused(`a JPEG with ${components} components`, where);
      return {
        format: 'jpeg',
        height: bytes.readUInt16BE(at + 5),
        width: bytes.readUInt16BE(at + 7),
        bytes: 0,
      };
    }
    if (marker === 0xd9 || marker === 0xda) throw refused('a JPEG without a frame', where);
    const alone = marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);
    at += alone ? 2 : 2 + bytes.readUInt16BE(at + 2);
  }
}

/** The first frame of the container (RFC 9649). */
function webpHeader(bytes: Buffer, where: string): PictureHeader | undefined {
  if (bytes.length < 30) return undefined;
  const whole = { format: 'webp', bytes: 8 + bytes.readUInt32LE(4) } as const;
  switch (bytes.toString('latin1', 12, 16)) {
    case 'VP8 ':
      return { ...whole, width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff };
    case 'VP8L': {
      const packed = bytes.readUInt32LE(21);
      return { ...whole, width: 1 + (packed & 0x3fff), height: 1 + ((packed >>> 14) & 0x3fff) };
    }
    case 'VP8X':
      if ((bytes[20] ?? 0) & 2) throw refused('an animated WebP', where);
      return { ...whole, width: 1 + bytes.readUIntLE(24, 3), height: 1 + bytes.readUIntLE(27, 3) };
    default:
      throw refused('a WebP whose first chunk is no image', where);
  }
}

/** Of a binary PGM or PPM: its numbers, and where its values begin. */
export interface PnmHeader {
  readonly channels: 1 | 3;
  readonly width: number;
  readonly height: number;
  readonly largest: number;
  readonly start: number;
}

/** Comments and numbers before the values; undefined where more bytes are needed. @throws M2atError `data` */
export function readPnmHeader(bytes: Buffer, where: string): PnmHeader | undefined {
  const text = bytes.toString('latin1', 0, 4096);
  const blank = '(?:\\s|#[^\\r\\n]*[\\r\\n])+';
  const found = new RegExp(`^P([56])${blank}(\\d{1,9})${blank}(\\d{1,9})${blank}(\\d{1,9})\\s`).exec(text);
  if (!found) {
    if (bytes.length < 4096) return undefined;
    throw refused('a PGM or PPM picture without width, height and largest value', where);
  }
  const [head, kind, ...numbers] = found;
  const [width = 0, height = 0, largest = 0] = numbers.map(Number);
  if (largest < 1 || largest > 255) {
    throw refused(`a PGM or PPM picture with values up to ${largest}; up to 255 are read`, where);
  }
  return { channels: kind === '5' ? 1 : 3, width, height, largest, start: head.length };
}

function pnmHeader(bytes: Buffer, where: string): PictureHeader | undefined {
  const header = readPnmHeader(bytes, where);
  if (!header) return undefined;
  const { width, height, channels, start } = header;
  return { format: 'pnm', width, height, bytes: start + width * height * channels };
}

function refused(what: string, where: string): M2atError {
  return new M2atError('data', what, { where });
}
