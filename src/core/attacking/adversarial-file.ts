import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { writePiecesAtomic } from '../files/atomic-file';
import { encodeNpyHeader } from '../data/npy';
import { float32, sizeOf, type NdArray } from '../engine/arrays/nd-array';
import { M2atError } from '../errors';
import { fileError } from '../files/file-error';
import { openToUpdate } from '../files/own-file';
import { readAtMost } from '../files/read-exactly';

/** Images that are written at once while the file is made. */
const CHUNK = 64;

/**
 * A `.npy` file with one image for each position of an evaluation, float32 [N, H, W, C]: at first the clean ones,
 * which adversarial images then take the place of. It is made as a whole or not at all; afterwards images are written
 * where they belong, and what was written is read back and compared.
 */
export class AdversarialFile {
  private constructor(
    private readonly file: string,
    private readonly handle: FileHandle,
    private readonly imageShape: readonly number[],
    private readonly offset: number,
    /** It was there, as an earlier process left it. */
    readonly existed: boolean,
  ) {}

  /**
   * Opens the file, and makes it first where it is missing or another one than it has to be.
   * @param clean the clean images at positions `from` to `to`
   * @throws M2atError `io`
   */
  static async open(
    file: string,
    shape: readonly number[],
    clean: (from: number, to: number) => Promise<NdArray<'float32'>>,
  ): Promise<AdversarialFile> {
    const header = encodeNpyHeader('<f4', shape);
    try {
      let handle = await openToUpdate(file);
      const existed = handle !== undefined && (await isComplete(handle, header, 4 * sizeOf(shape)));
      if (!existed) {
        await handle?.close();
        const count = shape[0] ?? 0;
        await writePiecesAtomic(file, async (made) => {
          await made.writeFile(header);
          for (let from = 0; from < count; from += CHUNK) {
            const { data } = await clean(from, Math.min(count, from + CHUNK));
            await made.writeFile(littleEndian(data));
          }
        });
        handle = await openToUpdate(file);
      }
      if (!handle) throw new M2atError('io', 'was removed just now', { where: file });
      return new AdversarialFile(file, handle, shape.slice(1), header.length, existed);
    } catch (error) {
      throw fileError(error, file);
    }
  }

  /**
   * Writes images to their places and flushes them to the disk.
   * @returns the SHA-256 of their bytes, in the order of the positions
   * @throws M2atError `io`, also when other bytes are read back
   */
  async write(positions: readonly number[], images: NdArray<'float32'>): Promise<string> {
    const bytes = littleEndian(images.data);
    const size = bytes.length / Math.max(1, positions.length);
    try {
      for (const [n, position] of positions.entries()) {
        await this.handle.write(bytes, n * size, size, this.offset + position * size);
      }
      await this.handle.datasync();
    } catch (error) {
      throw fileError(error, this.file);
    }
    const expected = hash(bytes);
    if ((await this.sha256(positions)) !== expected) {
      throw new M2atError('io', 'what was read back is not what was written', { where: this.file });
    }
    return expected;
  }

  /** Puts images in their places where something else is. @throws M2atError `io` */
  async restore(positions: readonly number[], images: NdArray<'float32'>): Promise<void> {
    if ((await this.sha256(positions)) !== hash(littleEndian(images.data)))
      await this.write(positions, images);
  }

  /** The stored images at positions. @throws M2atError `io` */
  async read(positions: readonly number[]): Promise<NdArray<'float32'>> {
    const bytes = await this.readBytes(positions);
    const values = new Float32Array(bytes.length / 4);
    for (let i = 0; i < values.length; i++) values[i] = bytes.readFloatLE(4 * i);
    return float32(values, [positions.length, ...this.imageShape]);
  }

  async sha256(positions: readonly number[]): Promise<string> {
    return hash(await this.readBytes(positions));
  }

  close(): Promise<void> {
    return this.handle.close();
  }

  private async readBytes(positions: readonly number[]): Promise<Buffer> {
    const size = 4 * sizeOf(this.imageShape);
    const bytes = Buffer.alloc(positions.length * size);
    try {
      for (const [n, position] of positions.entries()) {
        const image = bytes.subarray(n * size, (n + 1) * size);
        await readAtMost(this.handle, image, this.offset + position * size);
      }
    } catch (error) {
      throw fileError(error, this.file);
    }
    return bytes;
  }
}

async function isComplete(handle: FileHandle, header: Uint8Array, bytes: number): Promise<boolean> {
  if ((await handle.stat()).size !== header.length + bytes) return false;
  const start = Buffer.alloc(header.length);
  await readAtMost(handle, start, 0);
  return start.equals(header);
}

/** The bytes of float32 values; a copy only where the machine orders them the other way. */
function littleEndian(values: Float32Array): Buffer {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  const isLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
  return isLittle ? bytes : Buffer.from(bytes).swap32();
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
