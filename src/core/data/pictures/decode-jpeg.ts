import createDecoder from '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs';
import wasm from '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasm';
import { M2atError } from '../../errors';
import type { Picture } from './picture';

let starting: ReturnType<typeof createDecoder> | undefined;

/**
 * A baseline or progressive JPEG, as libjpeg-turbo decodes it: accurate DCT, and chroma that is smoothed between samples, as in
 * Pillow. What is odd but can be decoded is, as there, unless the file ends early.
 * @throws M2atError `data`
 */
export async function decodeJpeg(bytes: Buffer, where: string): Promise<Picture> {
  starting ??= createDecoder({ wasmBinary: wasm });
  const decoder = new (await starting).JPEGDecoder();
  try {
    decoder.getEncodedBuffer(bytes.length).set(bytes);
    try {
      decoder.decode();
    } catch {
      // What it throws is no error but a number, for warnings too.
      if (!isDecoded(decoder.getDecodedBuffer(), decoder.getFrameInfo().width) || !hasEnd(bytes)) {
        throw new M2atError('data', "a JPEG that is damaged or ends early, and can't be decoded", { where });
      }
    }
    const { width, height, componentCount } = decoder.getFrameInfo();
    // A copy, as the next picture takes its place; and bytes, where these are of the kind that rounds what is put into them.
    const data = new Uint8Array(decoder.getDecodedBuffer());
    return { width, height, channels: componentCount === 1 ? 1 : 3, data };
  } finally {
    decoder.delete();
  }
}

/** Rows are zeros until they are decoded: where the last one is not, all were. */
function isDecoded(data: Uint8ClampedArray, width: number): boolean {
  return data.length > 0 && data.subarray(-width).some((value) => value !== 0);
}

/** Whether an end of the image follows the last scan. */
function hasEnd(bytes: Buffer): boolean {
  return bytes.lastIndexOf(Buffer.of(0xff, 0xd9)) > bytes.lastIndexOf(Buffer.of(0xff, 0xda));
}
