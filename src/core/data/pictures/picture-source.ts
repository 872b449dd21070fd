import { availableParallelism } from 'node:os';
import { M2atError } from '../../errors';
import type { ImageSource } from '../image-source';
import { fitPicture } from './fit-picture';
import { withChannels, type Picture } from './picture';
import type { PictureHandle } from './picture-handle';
import { placeOf, readPicture } from './picture-store';
import { resample, type Box } from './resample';

/** Files that are read while one is decoded. */
const READ_AHEAD = 4;
/** Threads that decode for one training. */
const MOST_THREADS = 8;

/** Pictures that are read and decoded as they are asked for; nothing of them is kept. */
export function pictureSource(handle: PictureHandle): ImageSource {
  const { split, height, width, channels, labels, store, fit } = handle;
  const size = height * width * channels;

  const fitted = (picture: Picture, index: number): Uint8Array => {
    if (picture.width === width && picture.height === height) return picture.data;
    if (fit) return fitPicture(picture, width, fit);
    throw new M2atError(
      'data',
      `is a picture of ${picture.width} x ${picture.height} pixels; the others are ${width} x ${height}`,
      {
        where: placeOf(store, index),
        hint: 'Say dataset.size and dataset.resize, or leave the picture out.',
      },
    );
  };

  /** Decodes the pictures one after the other, and reads the next ones meanwhile. */
  const eachOf = async (
    indices: ArrayLike<number>,
    signal: AbortSignal | undefined,
    take: (picture: Picture, n: number, index: number) => Uint8Array,
    into: Uint8Array,
  ): Promise<void> => {
    // The decoders are for those who read only.
    const { decodePicture } = await import('./decode-picture');
    const reading: Promise<Buffer>[] = [];
    try {
      for (let n = 0; n < indices.length; n++) {
        while (reading.length < READ_AHEAD && n + reading.length < indices.length) {
          const next = readPicture(store, indices[n + reading.length] ?? 0);
          // It is told when its turn comes, if it does.
          next.catch(() => undefined);
          reading.push(next);
        }
        if (signal?.aborted) throw new M2atError('cancelled', 'Cancelled.');
        const index = indices[n] ?? 0;
        const bytes = await reading.shift();
        if (!bytes) throw new TypeError('a picture was not read');
        const picture = withChannels(await decodePicture(bytes, placeOf(store, index)), channels);
        into.set(take(picture, n, index), n * size);
      }
    } finally {
      // Whoever is told of an error may remove the folder.
      await Promise.allSettled(reading);
    }
  };

  const threads = Math.min(MOST_THREADS, Math.max(1, availableParallelism() - 1));
  return {
    ...{ split, count: labels.length, height, width, channels, labels },
    values: 'uint8',
    ...{ threads, ahead: 2 },
    read: (indices, into, signal) =>
      eachOf(indices, signal, (picture, _, index) => fitted(picture, index), into),
    readParts: (indices, into, partOf) => {
      const part = (picture: Picture, n: number): Uint8Array => {
        const box: Box = partOf(n, picture);
        return resample(picture, box, { width, height });
      };
      return eachOf(indices, undefined, part, into);
    },
    handle: () => handle,
  };
}
