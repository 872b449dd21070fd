import { crc32, deflateRawSync } from 'node:zlib';
import { encodeNpyHeader, type NpyType } from '../../../src/core/data/npy';

export interface ZipMember {
  readonly name: string;
  readonly content: Uint8Array;
  /** 0 stored, 8 deflated; another one is only said. Default: 0. */
  readonly method?: number;
  /** Sizes in the 64-bit field, as NumPy writes it. */
  readonly zip64?: boolean;
  /** What is said instead of what is so. */
  readonly said?: { readonly size?: number; readonly crc?: number; readonly flags?: number };
}

/** A zip archive. */
export function zip(members: readonly ZipMember[]): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, method = 0, zip64 = false, said = {} } of members) {
    const packed = method === 8 ? deflateRawSync(content) : Buffer.from(content);
    const size = said.size ?? content.length;
    const sizes = [method === 0 ? size : packed.length, size] as const;
    const extra = Buffer.alloc(zip64 ? 20 : 0);
    if (zip64) {
      extra.writeUInt16LE(1, 0);
      extra.writeUInt16LE(16, 2);
      extra.writeBigUInt64LE(BigInt(sizes[1]), 4);
      extra.writeBigUInt64LE(BigInt(sizes[0]), 12);
    }
    const common = Buffer.alloc(26);
    common.writeUInt16LE(zip64 ? 45 : 20, 0);
    common.writeUInt16LE(said.flags ?? 0, 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(said.crc ?? crc32(content), 10);
    common.writeUInt32LE(zip64 ? 0xffffffff : sizes[0], 14);
    common.writeUInt32LE(zip64 ? 0xffffffff : sizes[1], 18);
    common.writeUInt16LE(Buffer.byteLength(name), 22);
    common.writeUInt16LE(extra.length, 24);
    files.push(Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), extra, packed]));
    const end = Buffer.alloc(14);
    end.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x2d\0'), common, end, Buffer.from(name), extra]));
    offset += files.at(-1)?.length ?? 0;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(members.length, 4);
  end.writeUInt16LE(members.length, 6);
  end.writeUInt32LE(entries.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...files, entries, Buffer.from('PK\x05\x06'), end]);
}

/** A whole `.npy`. */
export function npy(type: NpyType, shape: readonly number[], values: Uint8Array): Buffer {
  return Buffer.concat([encodeNpyHeader(type, shape), values]);
}
