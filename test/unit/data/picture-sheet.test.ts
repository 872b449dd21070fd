import assert from 'node:assert/strict';
import { memoryImages } from '../../../src/core/data/memory-images';
import { pictureSheet } from '../../../src/core/data/picture-sheet';
import type { Canvas } from '../../../src/core/canvas/bitmap-text';

type Pixel = readonly [number, number, number];

function at({ pixels, width }: Canvas, x: number, y: number): Pixel {
  const [red = -1, green = -1, blue = -1] = pixels.subarray((y * width + x) * 3);
  return [red, green, blue];
}

/** Images of one colour each. */
function plain(size: number, colours: readonly Pixel[], labels: readonly number[]) {
  const images = Uint8Array.from(
    colours.flatMap(
      (colour) =>
        Array(size * size)
          .fill(colour)
          .flat() as number[],
    ),
  );
  return memoryImages({
    split: 'train',
    count: colours.length,
    ...{ height: size, width: size, channels: 3 },
    images,
    labels: Int32Array.from(labels),
  });
}

const red: Pixel = [200, 0, 0];
const green: Pixel = [0, 200, 0];
const blue: Pixel = [0, 0, 200];
const white: Pixel = [255, 255, 255];

/** Where the pictures of the first row begin. */
const [LEFT, TOP] = [16 + 200, 16 + 36];

describe('a sheet of pictures', () => {
  it('has a row for each class, with its images in their order', async () => {
    const source = plain(8, [green, red, blue, red], [1, 0, 1, 0]);
    const sheet = await pictureSheet(source, ['warm', 'cold', 'none'], 'title');
    // An image of 8 pixels is enlarged nine times.
    const tile = 72;
    const pixelOf = (row: number, place: number): Pixel =>
      at(sheet, LEFT + place * (tile + 4) + tile / 2, TOP + row * (tile + 4) + tile / 2);
    assert.deepEqual([pixelOf(0, 0), pixelOf(0, 1), pixelOf(0, 2)], [red, red, white]);
    assert.deepEqual([pixelOf(1, 0), pixelOf(1, 1), pixelOf(1, 2)], [green, blue, white]);
    assert.deepEqual(pixelOf(2, 0), white, 'a class without images');
    assert.deepEqual(at(sheet, LEFT - 1, TOP), white);
    assert.deepEqual([at(sheet, LEFT, TOP), at(sheet, LEFT + tile - 1, TOP + tile - 1)], [red, red]);
    assert.equal(sheet.height, TOP + 3 * (tile + 4) + 16);
  });

  it('names the classes, shortened where they are too long, and says how many images each has', async () => {
    const source = plain(8, [red], [0]);
    const inkOf = async (name: string): Promise<number> => {
      const { pixels, width } = await pictureSheet(source, [name], 't');
      let ink = 0;
      for (let y = TOP; y < TOP + 72; y++) {
        for (let x = 16; x < LEFT; x++) if (pixels[(y * width + x) * 3] !== 255) ink++;
      }
      return ink;
    };
    // The count, a 1 of ten pixels; a bar is seven pixels, each drawn as two by two.
    const one = await inkOf('');
    assert.equal((await inkOf('|')) - one, 7 * 4);
    assert.equal((await inkOf('||')) - one, 2 * 7 * 4);
    // Of thirty bars fourteen fit, and two dots of two by two pixels, each two by two large.
    assert.equal((await inkOf('|'.repeat(30))) - one, 14 * 7 * 4 + 2 * 4 * 4);
    assert.equal(await inkOf('Ж'), await inkOf('?'), 'a character that the font lacks');
  });

  it('makes large images smaller by the mean of their pixels, and grey ones grey', async () => {
    const images = Uint8Array.from({ length: 288 * 288 }, (_, n) => (n % 2 === 0 ? 100 : 200));
    const source = memoryImages({
      split: 'test',
      ...{ count: 1, height: 288, width: 288, channels: 1, images, labels: Int32Array.of(0) },
    });
    const sheet = await pictureSheet(source, ['grey'], '');
    assert.deepEqual(at(sheet, LEFT + 70, TOP + 70), [150, 150, 150]);
    assert.deepEqual(at(sheet, LEFT + 143, TOP + 143), [150, 150, 150]);
    assert.deepEqual(at(sheet, LEFT + 144, TOP + 143), white);
  });

  it('sets many classes side by side', async () => {
    const names = Array.from({ length: 45 }, (_, n) => `class ${n}`);
    const source = plain(
      8,
      names.map((_, n) => [n, 0, 0] as const),
      [...names.keys()],
    );
    const sheet = await pictureSheet(source, names, 't');
    const block = 200 + 5 * 76 + 16;
    assert.deepEqual(at(sheet, LEFT + 2 * block + 5, TOP + 4 * 76 + 5), [44, 0, 0]);
    assert.equal(sheet.height, TOP + 20 * 76 + 16);
  });
});
