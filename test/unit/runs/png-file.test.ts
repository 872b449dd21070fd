import assert from 'node:assert/strict';
import { decode, encode } from 'fast-png';
import { Random } from '../../../src/core/random';
import { decodePng, encodePng } from '../../../src/core/runs/png-file';

describe('encodePng', () => {
  it('writes what another library reads, checksums included', async () => {
    const random = Random.keyed(1, 'png');
    for (const [width, height] of [
      [1, 1],
      [7, 3],
      [96, 64],
    ] as const) {
      const pixels = Uint8Array.from({ length: width * height * 3 }, () => random.int(256));
      const picture = decode(await encodePng(pixels, width, height), { checkCrc: true });
      assert.deepEqual(
        [picture.width, picture.height, picture.channels, picture.depth],
        [width, height, 3, 8],
      );
      assert.deepEqual(Uint8Array.from(picture.data), pixels);
    }
  });
});

describe('decodePng', () => {
  it('reads what was written, and nothing else', async () => {
    const random = Random.keyed(2, 'png');
    const pixels = Uint8Array.from({ length: 7 * 3 * 3 }, () => random.int(256));
    const png = await encodePng(pixels, 7, 3, 'a text');
    assert.deepEqual(await decodePng(png, 7, 3), pixels);
    assert.equal(await decodePng(png, 3, 7), undefined);
    assert.equal(await decodePng(png.subarray(0, -20), 7, 3), undefined);
    for (const at of png.keys()) {
      const damaged = Uint8Array.from(png);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      // The signature is looked at where the file is read.
      if (at >= 8) assert.notDeepEqual(await decodePng(damaged, 7, 3), pixels, `byte ${at}`);
    }
    assert.equal(
      await decodePng(encode({ width: 7, height: 3, data: pixels.fill(9), channels: 3 }), 9, 9),
      undefined,
    );
  });

  it('a picture that unpacks to more than its size says is refused before it takes the memory', async () => {
    const bomb = await encodePng(new Uint8Array(3 * 4096 * 4096), 4096, 4096);
    const small = await encodePng(new Uint8Array(3), 1, 1);
    // The header, with its checksum, of a picture of one pixel.
    bomb.set(small.subarray(8, 33), 8);
    const before = process.memoryUsage().rss;
    assert.equal(await decodePng(bomb, 1, 1), undefined);
    assert.ok(process.memoryUsage().rss - before < 2 ** 24);
  });
});
