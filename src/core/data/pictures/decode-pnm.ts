import { M2atError } from '../../errors';
import type { Picture } from './picture';
import { readPnmHeader } from './picture-header';

/** A binary PGM or PPM; values up to less than 255 are spread over 0 to 255. @throws M2atError `data` */
export function decodePnm(bytes: Buffer, where: string): Picture {
  const header = readPnmHeader(bytes, where);
  if (!header) throw new M2atError('data', 'a PGM or PPM picture that ends in its header', { where });
  const { width, height, channels, largest, start } = header;
  const values = bytes.subarray(start, start + width * height * channels);
  if (values.length < width * height * channels) {
    throw new M2atError('data', `a PGM or PPM picture that ends after ${values.length} values`, { where });
  }
  const spread = Uint8Array.from({ length: 256 }, (_, value) =>
    Math.min(255, halfEven((value / largest) * 255)),
  );
  return { width, height, channels, data: Uint8Array.from(values, (value) => spread[value] ?? 0) };
}

/** Rounds to the nearest whole number, and halves to the even one. */
function halfEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
