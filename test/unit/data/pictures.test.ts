import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { deflateSync } from 'node:zlib';
import * as z from 'zod';
import { gatherAugmented } from '../../../src/core/data/augment';
import { memoryImages } from '../../../src/core/data/memory-images';
import { decodePicture } from '../../../src/core/data/pictures/decode-picture';
import { fitPicture } from '../../../src/core/data/pictures/fit-picture';
import { withChannels, type Picture } from '../../../src/core/data/pictures/picture';
import { readHeader } from '../../../src/core/data/pictures/picture-header';
import { drawCrop } from '../../../src/core/data/pictures/random-crop';
import { resample } from '../../../src/core/data/pictures/resample';
import { M2atError } from '../../../src/core/errors';
import { Random } from '../../../src/core/random';
import { root } from '../../support/root';

const pair = z.tuple([z.number(), z.number()]);
const place = z.object({ top: z.number(), left: z.number(), height: z.number(), width: z.number() });
const quantiles = z.array(z.number()).length(5);
const base64 = z.string().transform((text) => new Uint8Array(Buffer.from(text, 'base64')));
const size = z.object({ width: z.number(), height: z.number() });
const reference = z
  .object({
    width: z.number(),
    height: z.number(),
    decoded: z.record(z.string(), z.object({ rgb: base64, grey: base64 })),
    fitted: z.array(
      z.object({
        size: z.number(),
        squash: base64,
        crop: base64,
        pad: base64,
        jpeg: base64,
        tallCrop: base64,
        tallPad: base64,
      }),
    ),
    boxes: z.array(z.object({ box: place, bytes: base64, floats: base64 })),
    laws: z.array(
      z.object({
        image: size,
        law: z.object({ scale: pair, ratio: pair }),
        mean: place,
        deviation: place,
        quantiles: z.object({ top: quantiles, left: quantiles, height: quantiles, width: quantiles }),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(path.join(root, 'test/reference/pictures.json'), 'utf8')));

const folder = path.join(root, 'test/reference/pictures');
const bytesOf = (name: string): Buffer => readFileSync(path.join(folder, name));
const colour = (): Promise<Picture> => decodePicture(bytesOf('colour.png'), 'colour.png');

/** The largest difference between two lists of numbers of the same length. */
function furthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assert.equal(a.length, b.length);
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs((a[i] ?? NaN) - (b[i] ?? NaN)));
  return most;
}

async function refused(bytes: Buffer, message: RegExp): Promise<void> {
  await assert.rejects(decodePicture(bytes, 'some.jpg'), (error: unknown) => {
    assert.ok(error instanceof M2atError, String(error));
    assert.deepEqual([error.code, error.where], ['data', 'some.jpg']);
    assert.match(error.what, message);
    return true;
  });
}

describe('decoding a picture', () => {
  for (const [name, { rgb, grey }] of Object.entries(reference.decoded)) {
    it(`gives the bytes of Pillow: ${name}`, async () => {
      const picture = await decodePicture(bytesOf(name), name);
      assert.deepEqual([picture.width, picture.height], [reference.width, reference.height]);
      assert.deepEqual(readHeader(bytesOf(name), name)?.width, reference.width);
      // Another kind of bytes would be taken for floats.
      assert.equal(picture.data.constructor, Uint8Array);
      assert.equal(furthest(withChannels(picture, 3).data, rgb), 0);
      assert.equal(furthest(withChannels(picture, 1).data, grey), 0);
    });
  }

  for (const [name, message] of [
    ['cmyk.jpg', /in CMYK/],
    ['animated.webp', /animated WebP/],
    ['cut-short.jpg', /cut short|can't be decoded/],
    ['cut-short.png', /cut short/],
    ['cut-short.webp', /has \d+ of the \d+ bytes/],
    ['text.ppm', /written in text/],
    ['no-picture.jpg', /is no JPEG, PNG, WebP/],
  ] as const) {
    it(`is refused with the reason: ${name}`, () => refused(bytesOf(path.join('refused', name)), message));
  }

  it('is refused for what is damaged inside, and goes on afterwards', async () => {
    for (const name of ['420.jpg', 'colour.png', 'lossy.webp', 'lossless.webp']) {
      const whole = bytesOf(name);
      const random = Random.keyed(1, `damage ${name}`);
      for (let n = 0; n < 40; n++) {
        const damaged = Buffer.from(whole);
        for (let i = 0; i < 6; i++) damaged[random.int(damaged.length)] = random.int(256);
        await decodePicture(damaged, name).catch((error: unknown) => {
          assert.ok(error instanceof M2atError && error.code === 'data', String(error));
        });
      }
      const picture = await decodePicture(whole, name);
      assert.equal(furthest(withChannels(picture, 3).data, reference.decoded[name]?.rgb ?? []), 0);
    }
  });

  it('never makes room for what a header only says', async () => {
    const png = bytesOf('colour.png');
    png.writeUInt32BE(100_000, 16);
    png.writeUInt32BE(100_000, 20);
    await refused(png, /100000 x 100000 pixels; at most/);
    const jpeg = bytesOf('420.jpg');
    const frame = jpeg.indexOf(Buffer.of(0xff, 0xc0));
    jpeg.writeUInt16BE(65_000, frame + 5);
    jpeg.writeUInt16BE(65_000, frame + 7);
    await refused(jpeg, /65000 x 65000 pixels; at most/);
    await refused(Buffer.from('P6 9999999 9999999 255\n'), /pixels; at most/);
    jpeg.writeUInt16BE(0, frame + 7);
    await refused(jpeg, /0 x 65000 pixels/);
  });

  it('does not unpack more than a picture can have', async () => {
    const png = bytesOf('colour.png');
    const start = png.indexOf('IDAT') - 4;
    const packed = deflateSync(Buffer.alloc(100_000_000));
    const chunk = Buffer.alloc(12 + packed.length);
    chunk.writeUInt32BE(packed.length);
    chunk.write('IDAT', 4);
    packed.copy(chunk, 8);
    await refused(Buffer.concat([png.subarray(0, start), chunk, png.subarray(-12)]), /can't be decoded/);
  });
});

describe('scaling a picture', () => {
  for (const { size: side, ...made } of reference.fitted) {
    it(`gives the bytes of Pillow and torchvision: ${side}`, async () => {
      const picture = await colour();
      const { width, height, data } = picture;
      // Turned by 90 degrees against the clock.
      const tall = new Uint8Array(data.length);
      for (let y = 0; y < width; y++) {
        for (let x = 0; x < height; x++) {
          for (let c = 0; c < 3; c++) {
            tall[(y * height + x) * 3 + c] = data[(x * width + (width - 1 - y)) * 3 + c] ?? 0;
          }
        }
      }
      const turned: Picture = { width: height, height: width, channels: 3, data: tall };
      assert.equal(furthest(fitPicture(picture, side, 'squash'), made.squash), 0);
      assert.equal(furthest(fitPicture(picture, side, 'crop'), made.crop), 0);
      assert.equal(furthest(fitPicture(picture, side, 'pad'), made.pad), 0);
      const jpeg = await decodePicture(bytesOf('420.jpg'), '420.jpg');
      assert.equal(furthest(fitPicture(jpeg, side, 'squash'), made.jpeg), 0);
      assert.equal(furthest(fitPicture(turned, side, 'crop'), made.tallCrop), 0);
      assert.equal(furthest(fitPicture(turned, side, 'pad'), made.tallPad), 0);
    });
  }

  it('of a part sees that part only, in bytes and in floats', async () => {
    const picture = await colour();
    const floats = { ...picture, data: Float32Array.from(picture.data, (value) => value / 255) };
    for (const { box, bytes, floats: expected } of reference.boxes) {
      const square = { width: 16, height: 16 };
      // Since version 13, Pillow scales columns first where that is less work, which moves a byte by one.
      const columnsFirst = box.width < 16 && box.height > 16;
      assert.equal(
        furthest(resample(picture, box, square), bytes),
        columnsFirst ? 1 : 0,
        JSON.stringify(box),
      );
      const wanted = new Float32Array(expected.buffer);
      assert.ok(furthest(resample(floats, box, square), wanted) < 1e-6);
    }
  });
});

describe('random resized crops', () => {
  for (const { image, law, mean, deviation, quantiles: wanted } of reference.laws) {
    it(`have the law of torchvision: ${image.width} x ${image.height}`, () => {
      const count = 20_000;
      const random = Random.keyed(0, 'test');
      const drawn = Array.from({ length: count }, (_, n) => drawCrop(law, image, random.fork(n)));
      for (const key of ['top', 'left', 'height', 'width'] as const) {
        const values = drawn.map((box) => box[key]).sort((a, b) => a - b);
        const average = values.reduce((sum, value) => sum + value, 0) / count;
        // Of the difference between two means of so many.
        const error = deviation[key] * Math.sqrt(2 / count);
        assert.ok(Math.abs(average - mean[key]) <= 5 * error, `${key}: ${average}, torchvision ${mean[key]}`);
        const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - average) ** 2, 0) / count);
        assert.ok(Math.abs(spread - deviation[key]) <= 0.03 * deviation[key], `${key}: deviation ${spread}`);
        for (const [n, share] of [0.1, 0.25, 0.5, 0.75, 0.9].entries()) {
          const quantile = values[Math.round(share * (count - 1))] ?? NaN;
          assert.ok(
            Math.abs(quantile - (wanted[key][n] ?? NaN)) <=
              1 + 0.02 * image[key === 'top' || key === 'height' ? 'height' : 'width'],
            `${key} ${share}`,
          );
        }
        assert.ok(
          drawn.every((box) => box.left + box.width <= image.width && box.top + box.height <= image.height),
        );
      }
    });
  }

  it('of images in memory are those of the images, flipped by the coin that is drawn anyway', async () => {
    const picture = await colour();
    const { width, height, channels, data } = picture;
    const set = memoryImages({
      split: 'train',
      count: 1,
      width,
      height,
      channels,
      images: data,
      labels: Int32Array.of(0),
    });
    const law = { scale: [0.08, 1], ratio: [3 / 4, 4 / 3] } as const;
    const stream = (): Random => Random.keyed(5, 'augment');
    const augment = { crop: 4, flip: false, randomResizedCrop: law };
    const { data: made } = await gatherAugmented(set, [0, 0], augment, stream());
    for (const n of [0, 1]) {
      const part = resample(picture, drawCrop(law, picture, stream().fork(n)), { width, height });
      const own = made.subarray(n * data.length, (n + 1) * data.length);
      assert.equal(
        furthest(
          own,
          Float32Array.from(part, (value) => value / 255),
        ),
        0,
      );
    }
    const { data: flipped } = await gatherAugmented(set, [0, 0], { ...augment, flip: true }, stream());
    const coins = stream();
    for (const n of [0, 1]) {
      const of = (images: ArrayLike<number>): number[] =>
        Array.from(images).slice(n * data.length, (n + 1) * data.length);
      // Two numbers for the padding, then the coin.
      const [, , coin] = [coins.uniform(), coins.uniform(), coins.uniform()];
      assert.equal(furthest(of(flipped), of(made)) > 0, coin < 0.5);
    }
  });
});
