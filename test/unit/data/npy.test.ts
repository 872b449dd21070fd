import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gatherImages } from '../../../src/core/data/batch';
import { readImageArrays, type ExpectedImages } from '../../../src/core/data/image-arrays';
import { encodeNpyHeader, npyValues, parseNpyHeader, type NpyType } from '../../../src/core/data/npy';
import { readNpy } from '../../../src/core/data/npy-file';
import { M2atError } from '../../../src/core/errors';
import { Random } from '../../../src/core/random';

/** numpy.save of arange(6, dtype='<f4').reshape(1, 1, 2, 3) / 8 and of array([2, 0, 1]), byte for byte. */
const byNumpy = {
  images:
    'k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDEsIDEsIDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAPgAAgD4AAMA+AAAAPwAAID8=',
  labels:
    'k05VTVBZAQB2AHsnZGVzY3InOiAnPGk4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDMsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoCAAAAAAAAAAAAAAAAAAAAAQAAAAAAAAA=',
};

describe('.npy', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'm2at-npy-'));
  });
  after(() => rm(folder, { recursive: true }));

  const write = async (name: string, data: Uint8Array): Promise<string> => {
    const file = path.join(folder, name);
    await writeFile(file, data);
    return file;
  };
  const npy = (type: NpyType, shape: number[], values: ArrayBufferView): Uint8Array =>
    Buffer.concat([
      encodeNpyHeader(type, shape),
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    ]);
  const rejects = (promise: Promise<unknown>, message: RegExp): Promise<void> =>
    assert.rejects(
      promise,
      (error) => error instanceof M2atError && error.code === 'data' && message.test(error.message),
    );

  it('is read and written as NumPy does', async () => {
    const bytes = Buffer.from(byNumpy.images, 'base64');
    const { header, data } = await readNpy(await write('numpy.npy', bytes), () => undefined);
    assert.deepEqual(header, { type: '<f4', shape: [1, 1, 2, 3], offset: 128, bytes: 24 });
    assert.deepEqual([...npyValues(header, data)], [0, 0.125, 0.25, 0.375, 0.5, 0.625]);
    assert.deepEqual(Buffer.from(encodeNpyHeader('<f4', [1, 1, 2, 3])), bytes.subarray(0, 128));
    const labels = Buffer.from(byNumpy.labels, 'base64');
    assert.deepEqual(Buffer.from(encodeNpyHeader('<i8', [3])), labels.subarray(0, 128));
    const whole = await readNpy(await write('numpy-labels.npy', labels), () => undefined);
    assert.deepEqual([...npyValues(whole.header, whole.data)], [2, 0, 1]);
  });

  it('damage, and what it can not hold, is one clear message', async () => {
    const good = Buffer.from(byNumpy.images, 'base64');
    const changed = (from: string, to: string): Buffer =>
      Buffer.from(good.toString('latin1').replace(from, to.padEnd(from.length)), 'latin1');
    const cases: [Uint8Array, RegExp][] = [
      [new Uint8Array(0), /no \.npy file/],
      [good.subarray(0, 9), /no \.npy file/],
      [good.subarray(0, 60), /header is truncated/],
      [good.subarray(0, 151), /truncated: 151 bytes, expected 152/],
      [Buffer.concat([good, Buffer.alloc(1)]), /longer than its header says/],
      [changed("'<f4'", "'>f4'"), /type '>f4'/],
      [changed("'<f4'", "'|O'"), /type '\|O'/],
      [changed('False', 'True'), /Fortran order/],
      [changed("'shape'", "'shope'"), /header is none that numpy\.save writes/],
      [changed('(1, 1, 2, 3), }   ', '(9007199254740993,)}'), /too large/],
      [changed('(1, 1, 2, 3)', '(-1, 1, 2, 3)'), /header is none that numpy\.save writes/],
      [changed('(1, 1, 2, 3)', '(1,,1,2,3e9)'), /header is none that numpy\.save writes/],
    ];
    for (const [n, [bytes, message]] of cases.entries()) {
      await rejects(
        readNpy(await write(`bad-${n}.npy`, bytes), () => undefined),
        message,
      );
    }
    await rejects(
      readNpy(path.join(folder, 'nowhere.npy'), () => undefined),
      /the file is missing/,
    );
    await rejects(
      readNpy(folder, () => undefined),
      /no regular file|EISDIR|EPERM|EACCES/,
    );
  });

  it('bytes that were changed anywhere give an array or an M2atError', () => {
    const random = Random.keyed(1, 'npy-fuzz');
    const good = Buffer.from(byNumpy.images, 'base64');
    for (let round = 0; round < 2000; round++) {
      const bytes = Buffer.from(good);
      for (let i = 0; i <= random.int(4); i++) bytes[random.int(128)] = random.int(256);
      try {
        const { shape } = parseNpyHeader(bytes.subarray(0, random.int(4) === 0 ? random.int(150) : 152), 'x');
        assert.ok(shape.every((size) => Number.isSafeInteger(size) && size >= 0));
      } catch (error) {
        assert.ok(error instanceof M2atError, String(error));
      }
    }
  });

  const network = (height: number | null, width: number | null, channels: number | null): ExpectedImages => ({
    shape: [height, width, channels],
    classes: 3,
  });
  const pair = async (images: Uint8Array, labels: number[]) => ({
    images: await write('x.npy', images),
    labels: await write('y.npy', npy('<i4', [labels.length], Int32Array.from(labels))),
  });

  it('images come as uint8 or float, channels first or last, grey, and not square', async () => {
    const hwc = Uint8Array.from({ length: 2 * 2 * 3 * 3 }, (_, i) => 7 * i);
    const chw = Uint8Array.from(hwc, (_, i) => {
      const [n, c, y, x] = [Math.floor(i / 18), Math.floor(i / 6) % 3, Math.floor(i / 3) % 2, i % 3];
      return hwc[((n * 2 + y) * 3 + x) * 3 + c] ?? 0;
    });
    const expected = await readImageArrays(
      await pair(npy('|u1', [2, 2, 3, 3], hwc), [0, 2]),
      network(2, 3, 3),
    );
    assert.deepEqual([expected.height, expected.width, expected.channels, expected.count], [2, 3, 3, 2]);
    assert.deepEqual(expected.labels, Int32Array.of(0, 2));
    const pixels = await gatherImages(expected, [1, 0]);
    assert.equal(pixels.data[0], Math.fround(126 / 255));
    for (const file of [
      npy('|u1', [2, 3, 2, 3], chw),
      npy(
        '<f4',
        [2, 3, 2, 3],
        Float32Array.from(chw, (byte) => byte / 255),
      ),
      npy(
        '<f8',
        [2, 2, 3, 3],
        Float64Array.from(hwc, (byte) => byte / 255),
      ),
    ]) {
      const set = await readImageArrays(await pair(file, [0, 2]), network(2, 3, 3));
      assert.deepEqual(await gatherImages(set, [1, 0]), pixels);
      const any = await readImageArrays(await pair(file, [0, 2]), network(null, null, 3));
      assert.equal(any.channels, 3);
    }
    const grey = await readImageArrays(await pair(npy('|u1', [2, 2, 9], hwc), [1, 1]), network(2, 9, 1));
    assert.deepEqual([grey.height, grey.width, grey.channels], [2, 9, 1]);
    // -3e-8 is float noise, and clipped.
    const noisy = npy('<f4', [1, 1, 2, 1], Float32Array.of(-3e-8, 1 + 1e-7));
    const clipped = await readImageArrays(await pair(noisy, [0]), network(1, 2, 1));
    assert.deepEqual([...clipped.images], [0, 1]);
  });

  it('images and labels that do not fit are refused', async () => {
    const two = Uint8Array.from({ length: 8 });
    const cases: [Uint8Array, number[], RegExp][] = [
      [npy('|u1', [2, 2, 2, 1], two), [0], /1 labels for 2 images/],
      [npy('|u1', [2, 2, 2, 1], two), [0, 3], /label 1 is 3\n.*3 classes/],
      [npy('|u1', [2, 2, 2, 1], two), [0, -1], /label 1 is -1/],
      [npy('|u1', [2, 4, 1, 1], two), [0, 0], /don't fit the network\nIt takes 2 x 2 x 1/],
      [npy('|u1', [8], two), [0], /no list of images/],
      [npy('|u1', [0, 2, 2, 1], new Uint8Array(0)), [], /no image in it/],
      [npy('<i4', [1, 2, 1, 1], Int32Array.of(1, 2)), [0], /images of type <i4/],
      [
        npy('<f4', [1, 2, 2, 1], Float32Array.of(0, 255, 3, 4)),
        [0],
        /from 0 to 255.*\nDivide the images by 255/,
      ],
      [npy('<f4', [1, 2, 2, 1], Float32Array.of(-2, 1, 2, 0)), [0], /from -2 to 2.*\nSave the images before/],
      [
        npy('<f4', [1, 2, 2, 1], Float32Array.of(0, NaN, 0, 0)),
        [0],
        /image 0 has values that are no numbers \(NaN\)\nImages count from 0/,
      ],
      [
        npy('<f8', [4, 2, 2, 1], Float64Array.of(0, 0, 0, 0, NaN, NaN, 0, 1, 1, 1, 1, 1, 0, 0, 0, NaN)),
        [0, 0, 0, 0],
        /images 1 and 3 have values that are no numbers/,
      ],
    ];
    for (const [images, labels, message] of cases) {
      await rejects(readImageArrays(await pair(images, labels), network(2, 2, 1)), message);
    }
    const images = await write('x.npy', npy('|u1', [2, 2, 2, 1], two));
    const rows = await write('y.npy', npy('<f4', [2, 3], new Float32Array(6)));
    await rejects(readImageArrays({ images, labels: rows }, network(2, 2, 1)), /argmax/);
  });
});
