import { readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { decodePicture } from '../../../src/core/data/pictures/decode-picture';
import { inspectPicture } from '../../../src/core/data/pictures/inspect-picture';
import { Random } from '../../../src/core/random';
import { root } from '../../support/root';
import { assertFound, contentOf, oneFile, type FuzzTarget } from '../fuzz-target';
import { mutateBytes, pick } from '../mutate/mutate-bytes';
import { mutatePng } from '../mutate/mutate-png';

const NAME = 'picture';
const names = [
  '420.jpg',
  '422-progressive.jpg',
  'colour.png',
  'palette-16.png',
  'lossy.webp',
  'lossless.webp',
  'grey.pgm',
];

/** Pictures of a user's folder, of each format. */
export async function picturesTarget(folder: string): Promise<FuzzTarget> {
  await mkdir(folder, { recursive: true });
  const originals = names.map((name) => ({
    name,
    content: readFileSync(path.join(root, 'test/reference/pictures', name)),
  }));
  return {
    input(seed) {
      const random = Random.keyed(seed, 'fuzz-pictures');
      const { name, content } = pick(random, originals);
      const byChunks = name.endsWith('.png') && random.int(2) === 0;
      const { bytes, label } = byChunks ? mutatePng(content, random) : mutateBytes(content, random);
      return oneFile(NAME, bytes, `${name}: ${label}`);
    },
    async attempt(input) {
      const file = path.join(folder, NAME);
      const bytes = contentOf(input, NAME);
      await writeFile(file, bytes);
      const { width, height } = await inspectPicture(file, folder);
      const picture = await decodePicture(bytes, file);
      assertFound(picture.width === width && picture.height === height, 'it has two sizes');
      assertFound(picture.data.length === width * height * picture.channels, `${picture.data.length} values`);
      return 'accepted';
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
