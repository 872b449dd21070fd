import assert from 'node:assert/strict';
import { gatherAugmented } from '../../../src/core/data/augment';
import { gatherImages, gatherLabels, oneHot } from '../../../src/core/data/batch';
import { memoryImages, type MemoryImages } from '../../../src/core/data/memory-images';
import { Random } from '../../../src/core/random';

/** Images in which no stretch of pixels comes twice. */
function numbered(count: number, height: number, width: number): MemoryImages<Uint8Array> {
  const channels = 3;
  const images = new Uint8Array(count * height * width * channels).map((_, i) => (i * 7 + (i >> 8)) % 256);
  const labels = Int32Array.from({ length: count }, (_, i) => i % 10);
  return memoryImages({ split: 'train', images, labels, count, height, width, channels });
}

describe('batches', () => {
  const set = numbered(6, 4, 5);

  it('gathers images in order, as float32 in [0, 1]', async () => {
    const batch = await gatherImages(set, [5, 0, 5]);
    assert.deepEqual(batch.shape, [3, 4, 5, 3]);
    const size = 4 * 5 * 3;
    const expected = [5, 0, 5].flatMap((index) =>
      [...set.images.subarray(index * size, (index + 1) * size)].map((byte) => Math.fround(byte / 255)),
    );
    assert.deepEqual([...batch.data], expected);
    set.images.fill(255, 0, size);
    assert.equal((await gatherImages(set, [0])).data[0], 1);
  });

  it('gathers labels and encodes them one-hot', () => {
    assert.deepEqual([...gatherLabels(set, Uint32Array.of(3, 1))], [3, 1]);
    const { data, shape } = oneHot([2, 0], 3);
    assert.deepEqual(shape, [2, 3]);
    assert.deepEqual([...data], [0, 0, 1, 1, 0, 0]);
  });

  it('refuses indices and labels outside their range', async () => {
    for (const index of [-1, 6, 0.5]) await assert.rejects(gatherImages(set, [index]), RangeError);
    assert.throws(() => gatherLabels(set, [6]), RangeError);
    assert.throws(() => oneHot([3], 3), RangeError);
    assert.throws(() => oneHot([-1], 3), RangeError);
  });
});

describe('gatherAugmented', () => {
  const height = 7;
  const width = 6;
  const count = 400;
  /** No zero, and no two pixels of an image alike. */
  const bytes = Uint8Array.from(
    { length: count * height * width * 3 },
    (_, i) => 1 + (i % (height * width * 3)),
  );
  const source = memoryImages({
    split: 'train',
    images: bytes,
    labels: new Int32Array(count),
    count,
    height,
    width,
    channels: 3,
  });
  const all = Array.from({ length: count }, (_, n) => n);
  let data: Float32Array;
  before(async () => {
    ({ data } = await gatherImages(source, all));
  });
  const pixel = (array: Float32Array, n: number, y: number, x: number): number[] => {
    const at = ((n * height + y) * width + x) * 3;
    return [...array.subarray(at, at + 3)];
  };

  /** The shift and the flip that explain image n of the output, by trying all. */
  function explain(out: Float32Array, n: number, crop: number): string[] {
    const found: string[] = [];
    for (let dy = -crop; dy <= crop; dy++) {
      for (let dx = -crop; dx <= crop; dx++) {
        for (const flip of [false, true]) {
          let same = true;
          for (let y = 0; same && y < height; y++) {
            for (let x = 0; same && x < width; x++) {
              const fromX = (flip ? width - 1 - x : x) + dx;
              const fromY = y + dy;
              const inside = fromX >= 0 && fromX < width && fromY >= 0 && fromY < height;
              const expected = inside ? pixel(data, n, fromY, fromX) : [0, 0, 0];
              same = pixel(out, n, y, x).every((value, c) => value === expected[c]);
            }
          }
          if (same) found.push(`${dy} ${dx} ${flip}`);
        }
      }
    }
    return found;
  }

  it('shifts each image by up to `crop`, fills with zeros, and flips half of them', async () => {
    const before = bytes.slice();
    const out = await gatherAugmented(source, all, { crop: 2, flip: true }, Random.keyed(1, 'augment'));
    assert.deepEqual(out.shape, [count, height, width, 3]);
    assert.deepEqual(bytes, before, 'the set was changed');
    const seen = new Map<string, number>();
    for (let n = 0; n < count; n++) {
      const [only, ...others] = explain(out.data, n, 2);
      assert.ok(only !== undefined && others.length === 0, `image ${n} is no crop of its source`);
      seen.set(only, (seen.get(only) ?? 0) + 1);
    }
    assert.equal(seen.size, 50, 'each of 5 x 5 shifts, flipped and not');
    const flipped = [...seen].reduce((sum, [key, times]) => sum + (key.endsWith('true') ? times : 0), 0);
    assert.ok(Math.abs(flipped - count / 2) < 50, `${flipped} of ${count} flipped`);
  });

  it('does only what is switched on', async () => {
    const key = (): Random => Random.keyed(2, 'augment');
    assert.deepEqual((await gatherAugmented(source, all, { crop: 0, flip: false }, key())).data, data);
    const { data: flips } = await gatherAugmented(source, all, { crop: 0, flip: true }, key());
    const { data: both } = await gatherAugmented(source, all, { crop: 2, flip: true }, key());
    const { data: crops } = await gatherAugmented(source, all, { crop: 2, flip: false }, key());
    for (let n = 0; n < 20; n++) {
      const [dy, dx] = explain(crops, n, 2)[0]?.split(' ') ?? [];
      const flip = explain(flips, n, 0)[0]?.split(' ')[2];
      assert.deepEqual(explain(both, n, 2), [`${dy ?? ''} ${dx ?? ''} ${flip ?? ''}`]);
    }
  });

  it('takes the images that the indices name, and refuses those that there are not', async () => {
    const chosen = [3, 0, 3];
    const none = { crop: 0, flip: false };
    const random = Random.keyed(5, 'augment');
    assert.deepEqual(await gatherAugmented(source, chosen, none, random), await gatherImages(source, chosen));
    await assert.rejects(gatherAugmented(source, [count], none, random), RangeError);
  });

  it('is fixed by its key, and copes with a crop wider than the image', async () => {
    const run = async (counter: number): Promise<Float32Array> => {
      const random = Random.keyed(3, 'augment', counter);
      return (await gatherAugmented(source, all, { crop: 4, flip: true }, random)).data;
    };
    assert.deepEqual(await run(0), await run(0));
    assert.notDeepEqual(await run(0), await run(1));
    const random = Random.keyed(4, 'augment');
    const { data: wide } = await gatherAugmented(source, all, { crop: 20, flip: true }, random);
    assert.ok(wide.some((value) => value === 0) && wide.every((value) => value >= 0 && value <= 1));
  });
});
