import path from 'node:path';
import { M2atError } from '../errors';
import { memoryImages, type MemoryImages } from './memory-images';
import { nameImages } from './name-images';
import { npyValues, type NpyHeader } from './npy';
import { readNpyRows, type NpyArray } from './npy-file';

/** A pair of `.npy` files. */
export interface ImageArrays {
  /** uint8 (0 … 255) or float (in [0, 1]); [N, H, W, C], [N, C, H, W], or [N, H, W] for one channel. */
  readonly images: string;
  /** Whole numbers [N] or [N, 1], each in [0, classes). */
  readonly labels: string;
}

export interface ExpectedImages {
  /** Height, width, channels that the network takes; null where it takes any. */
  readonly shape: readonly [number | null, number | null, number | null];
  readonly classes: number;
}

/** Float noise outside [0, 1] that is clipped without a word, such as -3e-8. */
const NOISE = 1e-6;

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
    layout = layoutOf(header, expected, files.images);
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
  return memoryImages({
    split: 'arrays',
    images: channelsLast(pixelsOf(images, layout, indexOf, files.images), layout),
    labels: labelsOf(labels, expected.classes, indexOf, files.labels),
    ...(rows ? { rows: new Map(rows.map((index, row) => [index, row])) } : {}),
    count: images.header.shape[0] ?? 0,
    height,
    width,
    channels,
  });
}

interface Layout {
  readonly order: 'NHWC' | 'NCHW';
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

function layoutOf({ shape, type }: NpyHeader, { shape: wanted }: ExpectedImages, where: string): Layout {
  if (!['|u1', '<f4', '<f8'].includes(type)) {
    throw new M2atError('data', `images of type ${type}; they can be uint8 (|u1) or float (<f4, <f8)`, {
      where,
    });
  }
  const [count = 0, a = 0, b = 0, c = 1] = shape;
  if (shape.length !== 3 && shape.length !== 4) {
    throw new M2atError('data', `shape (${shape.join(', ')}) is no list of images`, {
      where,
      hint: 'Expected [N, H, W, C], [N, C, H, W] or, for one channel, [N, H, W].',
    });
  }
  if (count === 0 || a === 0 || b === 0 || c === 0) {
    throw new M2atError('data', `shape (${shape.join(', ')}): there is no image in it`, { where });
  }
  const last: Layout = { order: 'NHWC', height: a, width: b, channels: c };
  const first: Layout = { order: 'NCHW', height: b, width: c, channels: a };
  const candidates = (shape.length === 3 ? [last] : [last, first]).filter(
    ({ height, width, channels }) =>
      (wanted[0] ?? height) === height &&
      (wanted[1] ?? width) === width &&
      (wanted[2] ?? channels) === channels,
  );
  const [only, other] = candidates;
  if (!only) {
    const size = wanted.map((dimension) => dimension ?? 'any').join(' x ');
    throw new M2atError('data', `images of shape (${shape.slice(1).join(', ')}) don't fit the network`, {
      where,
      hint: `It takes ${size} (height x width x channels); channels may be the first axis or the last.`,
    });
  }
  // Where the network takes any size: images have 1, 3 or 4 channels.
  return other && !isChannels(only.channels) && isChannels(other.channels) ? other : only;
}

function isChannels(size: number): boolean {
  return size === 1 || size === 3 || size === 4;
}

/** uint8 as it is, floats as float32 in [0, 1]. `indexOf` tells which image of the file a row is. */
function pixelsOf(
  { header, data }: NpyArray,
  { height, width, channels }: Layout,
  indexOf: (row: number) => number,
  where: string,
): Uint8Array | Float32Array {
  if (header.type === '|u1') return data;
  const values = header.type === '<f4' ? new Float32Array(data.buffer) : new Float64Array(data.buffer);
  const size = height * width * channels;
  const spoiled = new Set<number>();
  let least = Infinity;
  let largest = -Infinity;
  for (const [i, value] of values.entries()) {
    if (Number.isNaN(value)) spoiled.add(indexOf(Math.floor(i / size)));
    if (value < least) least = value;
    if (value > largest) largest = value;
  }
  if (spoiled.size > 0) {
    const has = spoiled.size === 1 ? 'has' : 'have';
    throw new M2atError('data', `${nameImages([...spoiled])} ${has} values that are no numbers (NaN)`, {
      where,
      hint: `Images count from 0 here, as in x[${String([...spoiled][0])}]. Leave them out, with their labels, or mend them.`,
    });
  }
  if (least < -NOISE || largest > 1 + NOISE) {
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
  return Float32Array.from(values, (value) => Math.min(1, Math.max(0, value)));
}

function channelsLast(pixels: Uint8Array | Float32Array, layout: Layout): Uint8Array | Float32Array {
  const { order, height, width, channels } = layout;
  if (order === 'NHWC' || channels === 1) return pixels;
  const moved = pixels.slice();
  const plane = height * width;
  for (let from = 0; from < pixels.length; from += plane * channels) {
    for (let i = 0; i < plane; i++) {
      for (let c = 0; c < channels; c++) moved[from + i * channels + c] = pixels[from + c * plane + i] ?? 0;
    }
  }
  return moved;
}

function assertLabelShape(shape: readonly number[], count: number, where: string): void {
  if (shape.length === 1 || (shape.length === 2 && shape[1] === 1)) {
    if (shape[0] === count) return;
    throw new M2atError('data', `${shape[0] ?? 0} labels for ${count} images`, { where });
  }
  throw new M2atError('data', `shape (${shape.join(', ')}) is no list of labels`, {
    where,
    hint: 'Expected one class index an image: [N]. For one-hot rows save y.argmax(1).',
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

function brief(value: number): string {
  return String(Number(value.toPrecision(4)));
}
