import { readPixels } from '../data/batch';
import type { ImageSource } from '../data/image-source';
import { M2atError } from '../errors';
import { Random } from '../random';
import { corruptions } from '.';
import { scaleOf, scales } from './base/define-corruption';
import type { CorruptionParameters } from './corruption-parameters';
import type { CorruptedImages } from './corrupted-source';
import { openCorruptionFiles } from './corruption-files';

/**
 * The corrupted images of a set: from the user's files where a folder is named, else computed, each with a stream of random
 * numbers of its own.
 * @param indices those that will be asked for: their labels are compared with those of the files
 * @throws M2atError `unsupported` for images with neither one channel nor three; `data` for files that are not of this set
 */
export async function openCorruptedImages(
  set: ImageSource,
  parameters: CorruptionParameters,
  { indices, seed }: { readonly indices: readonly number[]; readonly seed: number },
): Promise<CorruptedImages> {
  const { folder, names } = parameters;
  if (folder !== undefined) return openCorruptionFiles(folder, names, set, indices);
  if (set.channels !== 1 && set.channels !== 3) {
    throw new M2atError('unsupported', `images with ${set.channels} channels can't be corrupted`, {
      where: 'corruptions',
      hint: 'They are defined for grey and for red, green and blue.',
    });
  }
  return computedImages(set, seed);
}

function computedImages(set: ImageSource, seed: number): CorruptedImages {
  const { height, width, channels } = set;
  const size = height * width * channels;
  return {
    origin: 'computed',
    constants: scales[scaleOf(set)].title,
    read: async (name, severity, indices, signal) => {
      const corruption = corruptions.find((one) => one.name === name);
      if (!corruption) throw new RangeError(`there is no corruption ${name}`);
      const clean = inBytes(await readPixels(set, indices, signal));
      for (const [n, index] of indices.entries()) {
        const pixels = clean.slice(n * size, (n + 1) * size);
        const draws = Random.keyed(seed, `corruption-${name}`, severity, index);
        clean.set(corruption.apply({ pixels, height, width, channels }, severity, draws), n * size);
      }
      return clean;
    },
  };
}

/** Images of floats are brought to 8 bits first: corruptions are defined on bytes. */
export function inBytes(pixels: Uint8Array | Float32Array): Uint8Array {
  return pixels instanceof Uint8Array ? pixels : Uint8Array.from(pixels, (value) => Math.round(255 * value));
}
