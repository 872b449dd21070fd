import assert from 'node:assert/strict';
import { decode } from 'fast-png';
import { float32 } from '../../../src/core/engine/arrays/nd-array';
import { encodePicture } from '../../../src/core/runs/picture';

describe('the picture of samples', () => {
  it('has one row an image and one tile a column, masks of one channel beside images of three', () => {
    const image = float32(
      Float32Array.from({ length: 24 }, (_, i) => i / 255),
      [2, 2, 2, 3],
    );
    const mask = float32(Float32Array.of(0, 1, 1, 0, 1, 1, 0, 0), [2, 2, 2, 1]);
    const delta = float32(
      Float32Array.from({ length: 24 }, (_, i) => (i % 2 ? 0.1 : -0.1)),
      [2, 2, 2, 3],
    );
    const png = encodePicture(
      [
        { kind: 'image', data: image },
        { kind: 'mask', data: mask },
        { kind: 'perturbation', data: delta },
      ],
      2,
      0.1,
    );
    const { width, height, channels, data } = decode(png);
    assert.deepEqual([width, height, channels], [6, 4, 3]);
    for (let n = 0; n < 2; n++) {
      for (let y = 0; y < 2; y++) {
        for (let x = 0; x < 2; x++) {
          for (let c = 0; c < 3; c++) {
            const at = (column: number): number | undefined =>
              data[((2 * n + y) * 6 + 2 * column + x) * 3 + c];
            const place = (2 * n + y) * 2 + x;
            assert.equal(at(0), 3 * place + c);
            assert.equal(at(1), 255 * (mask.data[place] ?? NaN));
            assert.equal(at(2), (3 * place + c) % 2 ? 255 : 0);
          }
        }
      }
    }
  });

  it('amplifies each image by its own largest change where no size is given', () => {
    const delta = float32(Float32Array.of(0.1, -0.2, 0, 0.5, 0.25, 0), [2, 1, 1, 3]);
    const { data } = decode(encodePicture([{ kind: 'perturbation', data: delta }], 2));
    assert.deepEqual([...data], [191, 0, 128, 255, 191, 128]);
    const unchanged = float32(new Float32Array(3), [1, 1, 1, 3]);
    const { data: grey } = decode(encodePicture([{ kind: 'perturbation', data: unchanged }], 1));
    assert.deepEqual([...grey], [128, 128, 128]);
  });
});
