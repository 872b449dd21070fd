import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openCorruptedImages } from '../../../src/core/corruptions/corrupted-images';
import { corruptionParameters } from '../../../src/core/corruptions/corruption-parameters';
import { encodeNpyHeader, encodeNpyLabels, type NpyType } from '../../../src/core/data/npy';
import { memoryImages } from '../../../src/core/data/memory-images';
import { M2atError } from '../../../src/core/errors';

/** Three images of 2 x 2. */
const labels = Int32Array.of(4, 0, 2);
const set = memoryImages({
  ...{ split: 'test', images: new Uint8Array(3 * 12), labels, count: 3, height: 2, width: 2, channels: 3 },
});

describe('files of corruptions', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'm2at-corruptions-'));
    await write('fog', [15, 2, 2, 3]);
    await writeFile(path.join(folder, 'labels.npy'), encodeNpyLabels(labels));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** Byte n of an image is its row in the file. */
  async function write(name: string, shape: number[], type: NpyType = '|u1'): Promise<void> {
    const rows = shape[0] ?? 0;
    const size = shape.slice(1).reduce((product, one) => product * one, 1) * (type === '|u1' ? 1 : 4);
    const data = Uint8Array.from({ length: rows * size }, (_, i) => Math.floor(i / size));
    await writeFile(path.join(folder, `${name}.npy`), Buffer.concat([encodeNpyHeader(type, shape), data]));
  }
  const open = (names = ['fog'], indices = [0, 1, 2]): ReturnType<typeof openCorruptedImages> =>
    openCorruptedImages(set, corruptionParameters.parse({ names, folder }), { indices, seed: 0 });
  const refused = (promise: Promise<unknown>, message: RegExp): Promise<void> =>
    assert.rejects(
      promise,
      (error) => error instanceof M2atError && error.code === 'data' && message.test(error.message),
    );

  it('have the images of a severity one after the other, in the order of the set', async () => {
    const { origin, read } = await open();
    assert.equal(origin, 'files');
    const found = await read('fog', 3, [2, 0]);
    assert.deepEqual([found[0], found[11], found[12], found.length], [8, 8, 6, 24]);
  });

  it('may have their labels once, or once for each severity', async () => {
    const five = Int32Array.from({ length: 15 }, (_, n) => labels[n % 3] ?? 0);
    await writeFile(path.join(folder, 'labels.npy'), encodeNpyLabels(five));
    assert.equal((await open()).origin, 'files');
    await writeFile(path.join(folder, 'labels.npy'), encodeNpyLabels(labels.slice(0, 2)));
    await refused(open(), /labels\.npy: has the shape \(2\)/);
  });

  it('are refused where they are missing, of another form, or of other images', async () => {
    await refused(open(['fog', 'snow']), /snow\.npy: the file is missing\nThe folder has to hold NAME\.npy/);
    await write('snow', [14, 2, 2, 3]);
    await refused(open(['fog', 'snow']), /snow\.npy: has \|u1 of shape \(14, 2, 2, 3\)\n.*\(5 N, 2, 2, 3\)/);
    await write('snow', [15, 3, 2, 2]);
    await refused(open(['snow']), /shape \(15, 3, 2, 2\)/);
    await write('snow', [15, 2, 2, 3], '<f4');
    await refused(open(['snow']), /has <f4/);
    await write('snow', [5, 2, 2, 3]);
    await refused(open(['snow']), /has 1 images under each severity; image 1 is asked for/);
    await writeFile(path.join(folder, 'labels.npy'), encodeNpyLabels(Int32Array.of(4, 1, 2)));
    await refused(open(), /labels\.npy: label 1 is 1; in the data set it is 0/);
  });

  it('are not needed: images are computed, each with random numbers of its own', async () => {
    const parameters = corruptionParameters.parse({ names: ['gaussian_noise'] });
    const { origin, constants, read } = await openCorruptedImages(set, parameters, {
      indices: [0, 1, 2],
      seed: 5,
    });
    assert.deepEqual([origin, constants], ['computed', 'CIFAR-10-C']);
    const [all, last] = [await read('gaussian_noise', 5, [0, 1, 2]), await read('gaussian_noise', 5, [2])];
    assert.deepEqual(all.slice(24), last);
    assert.notDeepEqual(all.slice(0, 12), all.slice(12, 24));
  });

  it('images with an alpha channel are refused', async () => {
    const four = memoryImages({ ...set, images: new Uint8Array(3 * 16), channels: 4 });
    await assert.rejects(
      openCorruptedImages(four, corruptionParameters.parse({}), { indices: [0], seed: 0 }),
      /images with 4 channels can't be corrupted/,
    );
  });
});
