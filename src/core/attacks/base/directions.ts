import type { Random } from '../../random';

export type Basis = 'pixel' | 'dct';

/** A vector of length 1 in the space of images. */
export interface Direction {
  /** image += factor * direction */
  add(image: Float32Array, factor: number): void;
  /** Visits the indices where the vector is not 0. */
  each(visit: (i: number) => void): void;
}

/** The directions of an orthonormal basis, each once in random order; then all of them in another order. */
export interface Directions {
  next(): Direction;
}

/**
 * @param shape [H, W, C]
 * @param lowFrequencies dct: the share of a side's frequencies that come first. The next as many follow, and so on.
 */
export function directionsOf(
  basis: Basis,
  shape: readonly number[],
  lowFrequencies: number,
  random: Random,
): Directions {
  return basis === 'pixel' ? pixels(shape, random) : waves(shape, lowFrequencies, random);
}

function pixels([height = 1, width = 1, channels = 1]: readonly number[], random: Random): Directions {
  const count = height * width * channels;
  let order: Uint32Array = new Uint32Array();
  let position = 0;
  return {
    next() {
      if (position === order.length) [order, position] = [random.permutation(count), 0];
      const i = order[position++] ?? 0;
      return {
        add: (image, factor) => (image[i] = (image[i] ?? 0) + factor),
        each: (visit) => {
          visit(i);
        },
      };
    },
  };
}

function waves(
  [height = 1, width = 1, channels = 1]: readonly number[],
  lowFrequencies: number,
  random: Random,
): Directions {
  const [rowStride, columnStride] = [strideOf(height, lowFrequencies), strideOf(width, lowFrequencies)];
  const rings = Math.max(Math.ceil(height / rowStride), Math.ceil(width / columnStride));
  let ring = -1;
  /** Frequencies of the ring, as ((u * width) + v) * channels + c, in random order. */
  let queue: number[] = [];
  function refill(): void {
    while (queue.length === 0) {
      ring = (ring + 1) % rings;
      const found: number[] = [];
      for (let u = 0; u < Math.min(height, (ring + 1) * rowStride); u++) {
        for (let v = 0; v < Math.min(width, (ring + 1) * columnStride); v++) {
          if (u < ring * rowStride && v < ring * columnStride) continue;
          for (let c = 0; c < channels; c++) found.push((u * width + v) * channels + c);
        }
      }
      queue = Array.from(found.length > 0 ? random.permutation(found.length) : [], (n) => found[n] ?? 0);
    }
  }
  return {
    next() {
      refill();
      const index = queue.pop() ?? 0;
      const c = index % channels;
      const frequency = (index - c) / channels;
      const vertical = cosine(Math.floor(frequency / width), height);
      const horizontal = cosine(frequency % width, width);
      return {
        add(image, factor) {
          for (let y = 0; y < height; y++) {
            const weight = factor * (vertical[y] ?? 0);
            for (let x = 0, i = y * width * channels + c; x < width; x++, i += channels) {
              image[i] = (image[i] ?? 0) + weight * (horizontal[x] ?? 0);
            }
          }
        },
        each(visit) {
          for (let i = c; i < height * width * channels; i += channels) visit(i);
        },
      };
    },
  };
}

function strideOf(side: number, lowFrequencies: number): number {
  return Math.max(1, Math.round(side * lowFrequencies));
}

/** Row `frequency` of the orthonormal discrete cosine transform (DCT-II) of a side. */
export function cosine(frequency: number, side: number): Float64Array {
  const scale = Math.sqrt((frequency === 0 ? 1 : 2) / side);
  return Float64Array.from(
    { length: side },
    (_, x) => scale * Math.cos((Math.PI * (x + 0.5) * frequency) / side),
  );
}
