import path from 'node:path';
import { M2atError } from '../errors';
import { assertLabelShape, layoutOf, type ExpectedShape, type Layout } from './array-layout';
import { pixelsOf, UnitRange } from './array-pixels';
import { memoryImages, type MemoryImages } from './memory-images';
import { npyValues } from './npy';
import { readNpyRows, type NpyArray } from './npy-file';

/** A pair of `.npy` files. */
export interface ImageArrays {
  /** uint8 (0 … 255) or float (in [0, 1]); [N, H, W, C], [N, C, H, W], or [N, H, W] for one channel. */
  readonly images: string;
  /** Whole numbers [N] or [N, 1], each in [0, classes). */
  readonly labels: string;
}

export interface ExpectedImages {
  /** That the network takes. */
  readonly shape: ExpectedShape;
  readonly classes: number;
}

/**
 * Images and labels from a pair of `.npy` files. Which axis holds the channels is told by the network's input; where
 * both orders fit, they are last.
 * @param needed which of so many images will be used: only those are read, and their values checked. Absent: all
 * @throws M2atError `data`: unreadable, of shapes that don't fit each other or the network, no image at all, values
 * outside their range, labels that are no class
 */
export async function readImageArrays(
  files: ImageArrays,
  expected: ExpectedImages,
  needed?: (available: number) => readonly number[] | Promise<readonly number[]>,
): Promise<MemoryImages> {
  let layout: Layout | undefined;
  let rows: readonly number[] | undefined;
  const images = await readNpyRows(path.resolve(files.images), async (header) => {
    layout = layoutOf(header, expected.shape, files.images);
    rows = await needed?.(header.shape[0] ?? 0);
    return rows;
  });
  const labels = await readNpyRows(path.resolve(files.labels), ({ shape }) => {
    assertLabelShape(shape, images.header.shape[0] ?? 0, files.labels);
    return rows;
  });
  if (!layout) throw new TypeError('the header was not looked at');
  const { height, width, channels } = layout;
  const indexOf = (row: number): number => rows?.[row] ?? row;
  const range = new UnitRange(height * width * channels);
  const pixels = pixelsOf(images.data, images.header.type, layout, (values) => {
    range.add(values, indexOf);
    range.assert(files.images);
  });
  return memoryImages({
    split: 'arrays',
    images: pixels,
    labels: labelsOf(labels, expected.classes, indexOf, files.labels),
    ...(rows ? { rows: new Map(rows.map((index, row) => [index, row])) } : {}),
    count: images.header.shape[0] ?? 0,
    height,
    width,
    channels,
  });
}

function labelsOf(
  { header, data }: NpyArray,
  classes: number,
  indexOf: (row: number) => number,
  where: string,
): Int32Array {
  const values = npyValues(header, data);
  for (const [row, value] of values.entries()) {
    if (Number.isInteger(value) && value >= 0 && value < classes) continue;
    throw new M2atError('data', `label ${indexOf(row)} is ${value}`, {
      where,
      hint: `The network has ${classes} classes: labels are whole numbers from 0 to ${classes - 1}.`,
    });
  }
  return Int32Array.from(values);
}
