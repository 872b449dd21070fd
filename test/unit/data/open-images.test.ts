import assert from 'node:assert/strict';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { layoutOf } from '../../../src/core/data/array-layout';
import { gatherImages } from '../../../src/core/data/batch';
import { openSource } from '../../../src/core/data/load-dataset';
import type { NpyType } from '../../../src/core/data/npy';
import { listNpz } from '../../../src/core/data/npz';
import { openImages, type OpenOptions } from '../../../src/core/data/open-images';
import { datasets } from '../../../src/core/data/sets';
import { openNpy, openNpzMember, type StoredArray } from '../../../src/core/data/stored-array';
import type { RunProgress } from '../../../src/core/progress';
import { picture } from './reference-files';
import { inTemporaryFolder } from './support';
import { npy, zip } from './zip-file';

const COUNT = 5;
const SIDE = 5;
const pictures = Array.from({ length: COUNT }, (_, n) => picture(n, SIDE, 3));
const bytes = Buffer.concat(pictures);

/** The same images, channels first. */
const planes = Buffer.concat(
  pictures.map((one) =>
    Uint8Array.from(one, (_, i) => one[(i % (SIDE * SIDE)) * 3 + Math.floor(i / (SIDE * SIDE))] ?? 0),
  ),
);
const floats = (values: Uint8Array, wide: boolean): Buffer => {
  const units = Array.from(values, (value) => value / 255);
  return Buffer.from(wide ? Float64Array.from(units).buffer : Float32Array.from(units).buffer);
};

const cases: readonly [string, NpyType, readonly number[], Buffer][] = [
  ['bytes, channels last', '|u1', [COUNT, SIDE, SIDE, 3], bytes],
  ['bytes, channels first', '|u1', [COUNT, 3, SIDE, SIDE], planes],
  ['floats, channels first', '<f4', [COUNT, 3, SIDE, SIDE], floats(planes, false)],
  ['doubles, channels last', '<f8', [COUNT, SIDE, SIDE, 3], floats(bytes, true)],
];

async function stored(file: string): Promise<StoredArray> {
  const member = (await listNpz(file)).get('x');
  assert.ok(member);
  return openNpzMember(member);
}

function open(array: StoredArray, o: Partial<OpenOptions> = {}) {
  const layout = layoutOf(array.header, [null, null, null], array.where);
  const labels = Int32Array.from({ length: COUNT }, (_, n) => n % 2);
  return openImages({ split: 'train', array, layout, labels }, { count: COUNT, ...o });
}

/** Mean and deviation of a channel, as they are defined. */
function moments(chosen: readonly Uint8Array[], channel: number): [mean: number, deviation: number] {
  const values = chosen.flatMap((one) =>
    [...one].filter((_, i) => i % 3 === channel).map((value) => value / 255),
  );
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return [mean, Math.sqrt(variance)];
}

describe('images of an array', () => {
  for (const [title, type, shape, values] of cases) {
    it(`are the same in memory, in their file, and unpacked: ${title}`, async () => {
      await inTemporaryFolder(async (folder) => {
        const content = npy(type, shape, values);
        const [plain, packed] = [path.join(folder, 'plain.npz'), path.join(folder, 'packed.npz')];
        await writeFile(plain, zip([{ name: 'x.npy', content }]));
        await writeFile(packed, zip([{ name: 'x.npy', content, method: 8 }]));
        await writeFile(path.join(folder, 'x.npy'), content);
        const expected = Float32Array.from(
          [4, 0, 1, 2, 2].flatMap((n) => [...(pictures[n] ?? [])]),
          (value) => value / 255,
        );
        const options = { cacheDir: path.join(folder, 'cache'), measured: (n: number) => n !== 3 };
        for (const array of [
          await stored(plain),
          await stored(packed),
          await openNpy(path.join(folder, 'x.npy')),
        ]) {
          for (const inMemoryBytes of [undefined, 0]) {
            const { source, normalization } = await open(array, { ...options, inMemoryBytes });
            assert.equal(source.handle().kind, inMemoryBytes === 0 ? 'file' : 'memory');
            assert.deepEqual((await gatherImages(source, [4, 0, 1, 2, 2])).data, expected);
            const other = await openSource(datasets, source.handle());
            assert.deepEqual((await gatherImages(other, [4, 0, 1, 2, 2])).data, expected);
            assert.deepEqual([...other.labels], [0, 1, 0, 1, 0]);
            const chosen = pictures.filter((_, n) => n !== 3);
            for (let channel = 0; channel < 3; channel++) {
              const [mean, deviation] = moments(chosen, channel);
              assert.ok(Math.abs((normalization?.mean[channel] ?? 0) - mean) < 1e-6);
              assert.ok(Math.abs((normalization?.std[channel] ?? 0) - deviation) < 1e-6);
            }
          }
        }
      });
    });
  }

  it('are unpacked once, and again where the file is another one', async () => {
    await inTemporaryFolder(async (folder) => {
      const cacheDir = path.join(folder, 'cache');
      const file = path.join(folder, 'set.npz');
      const content = npy('|u1', [COUNT, SIDE, SIDE, 3], bytes);
      await writeFile(file, zip([{ name: 'x.npy', content, method: 8 }]));
      const progress: RunProgress[] = [];
      const onProgress = (one: RunProgress): void => {
        if (one.phase === 'decode') progress.push(one);
      };
      const unpack = async () => {
        progress.length = 0;
        const { source } = await open(await stored(file), { cacheDir, inMemoryBytes: 0, onProgress });
        return { source, names: await readdir(path.join(cacheDir, 'unpacked')) };
      };
      const { names } = await unpack();
      assert.equal(names.length, 1);
      assert.deepEqual(progress.at(-1)?.done, content.length);
      assert.deepEqual((await unpack()).names, names);
      assert.deepEqual(progress, [], 'it is there');
      await utimes(file, 1, 1);
      assert.equal((await unpack()).names.length, 2);
    });
  });

  it('name what is no pixel', async () => {
    await inTemporaryFolder(async (folder) => {
      const file = path.join(folder, 'x.npy');
      const attempt = async (values: Float32Array, message: RegExp): Promise<void> => {
        await writeFile(file, npy('<f4', [2, 2, 2], Buffer.from(values.buffer)));
        for (const inMemoryBytes of [undefined, 0]) {
          await assert.rejects(open(await openNpy(file), { count: 2, inMemoryBytes }), message);
        }
      };
      await attempt(Float32Array.of(0, 0, 0, 0, 1, NaN, 0, 0), /image 1 has values that are no numbers/);
      await attempt(
        Float32Array.of(0, 0, 255, 0, 1, 0, 0, 0),
        /values from 0 to 255[^]*Divide the images by 255/,
      );
    });
  });
});
