import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { fooled } from '../../../../src/core/attacks/base/fooled';
import { readPredictions } from '../../../../src/core/attacks/base/predictions';
import { float32 } from '../../../../src/core/engine/arrays/nd-array';
import { testDevices } from '../devices';

const rows = [
  [1, 3, 2],
  [2, 1, 0],
  [NaN, 1, 0],
  [5, NaN, 0],
  [5, 1, NaN],
  [NaN, NaN, NaN],
  [Infinity, 1, 0],
  [1, Infinity, 0],
  [-Infinity, 1, 0],
  [0, -Infinity, -Infinity],
  [Infinity, Infinity, 0],
  [-Infinity, -Infinity, -Infinity],
];
const logits = float32(Float32Array.from(rows.flat()), [rows.length, 3]);
const labels = new Int32Array(rows.length);
/** Whether class 0 is not what the network says. */
const wrong = [true, false, true, true, true, true, false, true, true, false, true, true];

describe('predictions', () => {
  it('are the largest logit; a NaN means that the class is not known', () => {
    const found = readPredictions(logits, labels);
    assert.deepEqual(
      found.map(({ label }) => label !== 0),
      wrong,
    );
    assert.deepEqual(
      found.map(({ label }) => label),
      [1, 0, 1, 1, 2, 1, 0, 1, 1, 0, 1, 1],
    );
    assert.deepEqual(
      found.map(({ loss }) => Number.isNaN(loss)),
      rows.map((row, n) => row.some(Number.isNaN) || n >= 10),
    );
    assert.deepEqual(
      [6, 7, 8, 9].map((n) => [found[n]?.loss, found[n]?.confidence]),
      [
        [0, 1],
        [Infinity, 1],
        [Infinity, 1 / (1 + Math.exp(-1))],
        [0, 1],
      ],
    );
  });

  for (const { name, open } of testDevices) {
    it(`are the same inside of programs (${name})`, async () => {
      const device = await open();
      const program = device.compile('fooled', (x) => [
        fooled(x, tf.oneHot(tf.zeros([rows.length], 'int32'), 3)),
      ]);
      const finite = rows.flatMap((row, n) => (row.some((value) => Math.abs(value) === Infinity) ? [] : [n]));
      const [answer] = await program.run(logits);
      await program.dispose();
      await device.dispose();
      assert.deepEqual(
        finite.map((n) => answer?.data[n]),
        finite.map((n) => Number(wrong[n])),
      );
    });
  }
});
