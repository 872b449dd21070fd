import type { ImageBytes } from '../base/image-bytes';
import { throughBlocks, type Plane } from './blocks';
import { doubled, halved, toRgb, toYcc } from './colour';
import { stepTables } from './tables';

/**
 * A picture as it comes back from a JPEG file that Pillow wrote with its defaults (libjpeg-turbo: baseline, colour at half
 * the resolution, slow integer DCT) and read again: to the bit. Entropy coding loses nothing, so that there is none here.
 * @param quality 1 to 100
 */
export function jpegRoundTrip({ pixels, height, width, channels }: ImageBytes, quality: number): Uint8Array {
  const { brightness, colour } = stepTables(quality);
  if (channels < 3) return throughBlocks({ data: pixels, width, height }, brightness).data;
  const { y, cb, cr } = toYcc(pixels, width, height);
  const difference = (plane: Plane): Uint8Array =>
    doubled(throughBlocks(halved(plane), colour), width, height);
  return toRgb(throughBlocks(y, brightness).data, difference(cb), difference(cr));
}
