import { M2atError } from '../../errors';
import { decodeJpeg } from './decode-jpeg';
import { decodePng } from './decode-png';
import { decodePnm } from './decode-pnm';
import { decodeWebp } from './decode-webp';
import type { Picture } from './picture';
import { readHeader } from './picture-header';

/**
 * Decodes a picture of any of the formats, told by its first bytes. Turns that its metadata ask for (EXIF) are not made, and how
 * opaque its pixels are is passed over, as torchvision's `ImageFolder` does.
 * @param bytes the whole file
 * @throws M2atError `data` for what is no picture, is damaged, too large, or of a kind that is not read
 */
export async function decodePicture(bytes: Buffer, where: string): Promise<Picture> {
  const header = readHeader(bytes, where);
  if (!header) throw new M2atError('data', 'a picture that ends in its header', { where });
  const { format, width, height } = header;
  if (header.bytes > bytes.length) {
    throw new M2atError('data', `has ${bytes.length} of the ${header.bytes} bytes of its picture`, { where });
  }
  switch (format) {
    case 'jpeg':
      return decodeJpeg(bytes, where);
    case 'png':
      return decodePng(bytes, width * height, where);
    case 'webp':
      return decodeWebp(bytes, where);
    case 'pnm':
      return decodePnm(bytes, where);
  }
}
