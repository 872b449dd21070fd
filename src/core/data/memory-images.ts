import type { ImageSource } from './image-source';
import type { MemoryArrays, Pixels } from './source-handle';

/** A source whose images are in memory. */
export type MemoryImages<Values extends Pixels = Pixels> = ImageSource &
  MemoryArrays & { readonly images: Values };

export function memoryImages<Values extends Pixels>(
  given: MemoryArrays & { readonly images: Values },
): MemoryImages<Values> {
  const { split, count, height, width, channels, images, labels, rows } = given;
  const size = height * width * channels;
  const arrays = { split, count, height, width, channels, images, labels, rows };
  return {
    ...arrays,
    values: images instanceof Float32Array ? 'float32' : 'uint8',
    read: (indices: ArrayLike<number>, into: Pixels) => {
      for (let n = 0; n < indices.length; n++) {
        const index = indices[n] ?? 0;
        const from = (rows?.get(index) ?? index) * size;
        into.set(images.subarray(from, from + size), n * size);
      }
      return Promise.resolve();
    },
    handle: () => ({ kind: 'memory', arrays }),
  };
}
