import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openArrays } from '../../../src/core/data/sets/arrays/open';
import { Random } from '../../../src/core/random';
import { encodeNpyLabels } from '../../../src/core/data/npy';
import { npy, zip } from '../../unit/data/zip-file';
import { assertFound, oneFile, type FuzzTarget } from '../fuzz-target';
import { mutateBytes } from '../mutate/mutate-bytes';

const COUNT = 6;
const SIDE = 4;

/** `.npz` files of images and labels, damaged as a whole, or one of their arrays before it is packed. */
export async function npzTarget(folder: string): Promise<FuzzTarget> {
  const values = Uint8Array.from({ length: COUNT * SIDE * SIDE }, (_, n) => n);
  const floats = Buffer.from(Float32Array.from(values, (value) => value / 255).buffer);
  const labels = Buffer.from(encodeNpyLabels(Array.from({ length: COUNT }, (_, n) => n % 2)));
  const images = [
    npy('|u1', [COUNT, SIDE, SIDE], values),
    npy('<f4', [COUNT, SIDE, SIDE, 1], floats),
  ] as const;
  const parameters = { name: 'arrays' as const, testShare: 0.3, seed: 0 };
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, 'set.npz');
  const packed = (x: Uint8Array, y: Uint8Array, method: number): Buffer =>
    zip([
      { name: 'x.npy', content: x, method, zip64: true },
      { name: 'y.npy', content: y, method, zip64: true },
    ]);
  return {
    input(seed) {
      const random = Random.keyed(seed, 'fuzz-npz');
      const [form, method, x] = [random.int(3), 8 * random.int(2), images[random.int(2)] ?? images[0]];
      const { bytes, label } = mutateBytes(
        form === 0 ? packed(x, labels, method) : form === 1 ? x : labels,
        random,
      );
      if (form === 0) return oneFile('set.npz', bytes, label);
      return oneFile('set.npz', form === 1 ? packed(bytes, labels, method) : packed(x, bytes, method), label);
    },
    async attempt({ files }) {
      for (const content of files.values()) {
        await writeFile(file, content);
        // What is packed goes through the cache, which is in the folder.
        const options = { cacheDir: path.join(folder, 'cache'), inMemoryBytes: content.length % 2 };
        const { train, test, classNames } = await openArrays({ ...parameters, file }, options);
        for (const { labels: classes, count } of [train, test]) {
          assertFound(classes.length === count, `${classes.length} labels of ${count} images`);
          assertFound(
            classes.every((label) => label >= 0 && label < classNames.length),
            `labels ${classes.join()} of ${classNames.length} classes`,
          );
        }
        await rm(options.cacheDir, { recursive: true, force: true });
      }
      return 'accepted';
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
