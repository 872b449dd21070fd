import createDecoder from '@jsquash/webp/codec/dec/webp_dec.js';
import wasm from '@jsquash/webp/codec/dec/webp_dec.wasm';
import { M2atError } from '../../errors';
import { withoutAlpha, type Picture } from './picture';

let starting: ReturnType<typeof createDecoder> | undefined;

/** A still WebP, lossy or not, as libwebp decodes it. How opaque pixels are is passed over. @throws M2atError `data` */
export async function decodeWebp(bytes: Buffer, where: string): Promise<Picture> {
  starting ??= createDecoder({ noInitialRun: true, wasmBinary: wasm });
  const decoded = (await starting).decode(bytes);
  if (!decoded) throw new M2atError('data', "a WebP that is damaged, and can't be decoded", { where });
  const { width, height, data } = decoded;
  return { width, height, channels: 3, data: withoutAlpha(data, width * height) };
}
