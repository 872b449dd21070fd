import { M2atError } from '../errors';
import { channelsLast, type Layout } from './array-layout';
import { nameImages } from './name-images';
import type { NpyType } from './npy';
import type { Pixels } from './source-handle';

/** Float noise outside [0, 1] that is clipped without a word, such as -3e-8. */
const NOISE = 1e-6;

/** Float images as they are looked at: whether all of their values are in [0, 1]. */
export class UnitRange {
  private readonly spoiled = new Set<number>();
  private least = Infinity;
  private largest = -Infinity;

  /** @param imageSize values of an image */
  constructor(private readonly imageSize: number) {}

  /** @param indexOf which image of the file the nth of these is */
  add(values: Float32Array | Float64Array, indexOf: (image: number) => number): void {
    for (let i = 0; i < values.length; i++) {
      const value = values[i] ?? 0;
      if (Number.isNaN(value)) this.spoiled.add(indexOf(Math.floor(i / this.imageSize)));
      if (value < this.least) this.least = value;
      if (value > this.largest) this.largest = value;
    }
  }

  /** @throws M2atError `data` that names images with values that are no numbers, or says in which range the values are */
  assert(where: string): void {
    const { spoiled, least, largest } = this;
    const [first] = spoiled;
    if (first !== undefined) {
      const has = spoiled.size === 1 ? 'has' : 'have';
      throw new M2atError('data', `${nameImages([...spoiled])} ${has} values that are no numbers (NaN)`, {
        where,
        hint: `Images count from 0 here, as in x[${first}]. Leave them out, with their labels, or mend them.`,
      });
    }
    if (least >= -NOISE && largest <= 1 + NOISE) return;
    throw new M2atError(
      'data',
      `values from ${brief(least)} to ${brief(largest)}; floats have to be in [0, 1]`,
      {
        where,
        hint:
          largest > 1.5 && least >= -NOISE
            ? 'Divide the images by 255, or save them as uint8.'
            : 'Save the images before any normalisation: mean and standard deviation belong to the model.',
      },
    );
  }
}

/**
 * Images of a file as pixels, NHWC: bytes as they are, floats as float32 in [0, 1].
 * @param bytes of whole images; not copied where nothing has to be changed
 * @param look gets floats as they are in the file
 */
export function pixelsOf(
  bytes: Uint8Array,
  type: NpyType,
  layout: Layout,
  look?: (values: Float32Array | Float64Array) => void,
): Pixels {
  if (type === '|u1') return channelsLast(bytes, layout);
  const size = type === '<f4' ? 4 : 8;
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  const { buffer, byteOffset, length } = aligned;
  const values =
    size === 4
      ? new Float32Array(buffer, byteOffset, length / size)
      : new Float64Array(buffer, byteOffset, length / size);
  look?.(values);
  const clipped = new Float32Array(values.length);
  for (let i = 0; i < clipped.length; i++) clipped[i] = Math.min(1, Math.max(0, values[i] ?? 0));
  return channelsLast(clipped, layout);
}

function brief(value: number): string {
  return String(Number(value.toPrecision(4)));
}
