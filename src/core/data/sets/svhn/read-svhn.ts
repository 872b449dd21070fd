import { M2atError } from '../../../errors';
import { readError } from '../../../files/open-for-reading';
import { memoryImages, type MemoryImages } from '../../memory-images';
import { readMat, type MatArray, type MatItems } from './read-mat';

export const side = 32;
export const channels = 3;
const plane = side * side;
const imageBytes = plane * channels;
export const classes = 10;

export interface SvhnRead {
  readonly split: string;
  readonly count: number;
  readonly hint: string;
  readonly signal?: AbortSignal | undefined;
  /** Called now and then with the images so far. */
  readonly onImages?: ((images: number) => void) | undefined;
}

/**
 * The first images of a file of SVHN: `X` [32, 32, 3, N] as bytes, its first axis fastest, and `y` [N, 1] with 1 … 10, of
 * which 10 is the digit 0. Each image is turned as it is unpacked, so that there is no second copy of them.
 * @throws M2atError `data` for another file, damage, too few images, a label that is none; `cancelled`
 */
export async function readSvhn(file: string, o: SvhnRead): Promise<MemoryImages> {
  const { split, count, hint, signal } = o;
  const wrong = (what: string): M2atError => new M2atError('data', what, { where: file, hint });
  // Shared, so that the thread that prepares batches needs no copy.
  const images = new Uint8Array(new SharedArrayBuffer(count * imageBytes));
  const labels = new Int32Array(new SharedArrayBuffer(count * Int32Array.BYTES_PER_ELEMENT));
  const found = new Map<string, number>();
  const visit = (array: MatArray): MatItems | undefined => {
    const { name, dimensions, storage } = array;
    if (name !== 'X' && name !== 'y') return undefined;
    const shape = `${name} of ${dimensions.join(' x ')} numbers (${storage.name})`;
    const available = dimensions.at(name === 'X' ? -1 : 0) ?? 0;
    if (name === 'X' && (dimensions.slice(0, -1).join() !== '32,32,3' || storage.name !== 'uint8')) {
      throw wrong(`${shape}, expected 32 x 32 x 3 x N of bytes`);
    }
    if (name === 'y' && (dimensions.length !== 2 || dimensions[1] !== 1)) {
      throw wrong(`${shape}, expected one label an image`);
    }
    if (available < count) throw wrong(`${name} of ${available} images, ${count} were asked for`);
    found.set(name, available);
    if (name === 'y') {
      return {
        count,
        bytes: storage.bytes,
        take: (item, n) => {
          const label = storage.at(new DataView(item.buffer, item.byteOffset, item.byteLength), 0);
          if (!Number.isInteger(label) || label < 1 || label > classes) {
            throw wrong(`image ${n} has the label ${label}; 1 to ${classes} are possible`);
          }
          labels[n] = label % classes;
        },
      };
    }
    return {
      count,
      bytes: imageBytes,
      take: (item, n) => {
        turn(item, images, n * imageBytes);
        if (n % 4096 === 4095) o.onImages?.(n + 1);
      },
    };
  };
  try {
    await readMat(file, visit, () => found.size === 2, { hint, signal });
  } catch (error) {
    throw readError(error, file, { code: 'data', hint });
  }
  for (const name of ['X', 'y']) if (!found.has(name)) throw wrong(`there is no array ${name}`);
  if (found.get('X') !== found.get('y')) {
    throw wrong(`${found.get('y') ?? 0} labels for ${found.get('X') ?? 0} images`);
  }
  return memoryImages({ split, count, height: side, width: side, channels, images, labels });
}

/** [row, column, channel] with rows fastest, to pixels at `to`. */
function turn(item: Uint8Array, out: Uint8Array, to: number): void {
  for (let channel = 0, from = 0; channel < channels; channel++) {
    for (let column = 0; column < side; column++) {
      for (let row = 0; row < side; row++, from++) {
        out[to + (row * side + column) * channels + channel] = item[from] ?? 0;
      }
    }
  }
}
