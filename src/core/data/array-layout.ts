import { M2atError } from '../errors';
import type { NpyHeader } from './npy';

/** Height, width, channels of images; null for any. */
export type ExpectedShape = readonly [number | null, number | null, number | null];

/** How an array has its images. */
export interface Layout {
  readonly order: 'NHWC' | 'NCHW';
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/**
 * Which axis is which. Where both orders fit what is expected, channels are last, unless only the first axis can be channels.
 * @param words what is said of images of another size, and who sets it
 * @throws M2atError `data` for other types and shapes, no image at all, and images of another size
 */
export function layoutOf(
  { shape, type }: Pick<NpyHeader, 'shape' | 'type'>,
  wanted: ExpectedShape,
  where: string,
  words: { readonly misfit?: string; readonly rule?: string } = {},
): Layout {
  const { misfit = "don't fit the network", rule = 'It takes' } = words;
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
    throw new M2atError('data', `images of shape (${shape.slice(1).join(', ')}) ${misfit}`, {
      where,
      hint: `${rule} ${size} (height x width x channels); channels may be the first axis or the last.`,
    });
  }
  // Where the network takes any size: images have 1, 3 or 4 channels.
  return other && !isChannels(only.channels) && isChannels(other.channels) ? other : only;
}

function isChannels(size: number): boolean {
  return size === 1 || size === 3 || size === 4;
}

/** Images with their channels last. @returns the same array where they are already */
export function channelsLast(pixels: Uint8Array | Float32Array, layout: Layout): Uint8Array | Float32Array {
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

/** @throws M2atError `data` unless there is one label for each of so many images */
export function assertLabelShape(shape: readonly number[], count: number, where: string): void {
  if (shape.length === 1 || (shape.length === 2 && shape[1] === 1)) {
    if (shape[0] === count) return;
    throw new M2atError('data', `${shape[0] ?? 0} labels for ${count} images`, { where });
  }
  throw new M2atError('data', `shape (${shape.join(', ')}) is no list of labels`, {
    where,
    hint: 'Expected one class index an image: [N]. For one-hot rows save y.argmax(1).',
  });
}
