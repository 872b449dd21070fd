import assert from 'node:assert/strict';
import { decode } from 'fast-png';
import { Random } from '../../../src/core/random';
import { encodePng } from '../../../src/core/runs/png-file';

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
