import { M2atError } from '../errors';
import { assertLabelShape } from './array-layout';
import { npyValues } from './npy';
import { readRows, type StoredArray } from './stored-array';

/** More classes than any data set has; a label above that is none. */
const MAX_CLASSES = 10_000;

/**
 * The labels of so many images, in memory that threads share.
 * @param classes how many there are, and who says so; absent: any number of them up to 10,000
 * @throws M2atError `data` for another number of labels, and for one that is no class
 */
export async function readLabels(
  array: StoredArray,
  images: number,
  classes?: { readonly count: number; readonly said: string },
  o: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Int32Array> {
  const { header, where } = array;
  assertLabelShape(header.shape, images, where);
  const { count, said } = classes ?? { count: MAX_CLASSES, said: `At most ${MAX_CLASSES} classes` };
  const labels = new Int32Array(new SharedArrayBuffer(images * Int32Array.BYTES_PER_ELEMENT));
  const take = (rows: Uint8Array, first: number): void => {
    for (const [n, value] of npyValues(header, rows).entries()) {
      if (Number.isInteger(value) && value >= 0 && value < count) {
        labels[first + n] = value;
        continue;
      }
      throw new M2atError('data', `label ${first + n} is ${value}`, {
        where,
        hint: `${said}: labels are whole numbers from 0 to ${count - 1}.`,
      });
    }
  };
  await readRows(array, images, take, o);
  return labels;
}
