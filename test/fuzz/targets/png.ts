import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { encode } from 'fast-png';
import { convertPng } from '../../../src/core/data/sets/cifar10/png';
import { Random } from '../../../src/core/random';
import { readGalleries } from '../../../src/core/runs/gallery-files';
import { sampleGrid } from '../../../src/core/records/run-files';
import { madeGallery, madeReport } from '../../support/attack-run';
import { assertFound, contentOf, oneFile, type FuzzTarget } from '../fuzz-target';
import { mutateBytes } from '../mutate/mutate-bytes';
import { mutatePng } from '../mutate/mutate-png';

const NAME = 'picture.png';
const ROWS = 4;

/** Pictures: those that CIFAR-10 comes in, and those of a gallery. */
export async function pngTarget(folder: string): Promise<FuzzTarget> {
  const random = Random.keyed(0, 'fuzz-png-pixels');
  const data = Uint8Array.from({ length: ROWS * 3072 }, () => random.int(256));
  const batch = Buffer.from(encode({ width: 1024, height: ROWS, data, channels: 3, depth: 8 }));
  const gallery = madeGallery(madeReport(), 0);
  const galleryFolder = path.join(folder, 'gallery');
  await mkdir(galleryFolder, { recursive: true });
  await writeFile(path.join(galleryFolder, '0.json'), JSON.stringify(sampleGrid.parse(gallery.grid)));
  const isGallery = (seed: number): boolean => seed % 4 === 0;
  return {
    input(seed) {
      const random = Random.keyed(seed, 'fuzz-png');
      const original = isGallery(seed) ? Buffer.from(gallery.png) : batch;
      const { bytes, label } = random.int(3) ? mutatePng(original, random) : mutateBytes(original, random);
      return oneFile(NAME, bytes, label);
    },
    async attempt(input, seed) {
      const bytes = contentOf(input, NAME);
      if (isGallery(seed)) {
        await writeFile(path.join(galleryFolder, '0.png'), bytes);
        const found = await readGalleries(galleryFolder);
        return found.length > 0 ? 'accepted' : { refused: ['left out'] };
      }
      const [file, target] = [path.join(folder, NAME), path.join(folder, 'batch.bin')];
      await rm(target, { force: true });
      await writeFile(file, bytes);
      try {
        await convertPng(file, [0, 1, 2, 3], target);
      } catch (error) {
        const left = await rm(target).then(
          () => true,
          () => false,
        );
        assertFound(!left, 'a file is left of a picture that was refused');
        throw error;
      }
      return 'accepted';
    },
  };
}
