import assert from 'node:assert/strict';
import * as z from 'zod';
import { rowOf } from '../../../../src/core/attacks/base/host-rows';
import type { ScoreModel } from '../../../../src/core/attacks/base/score-model';
import { writeTransformed } from '../../../../src/core/attacks/scores/transformed-image';
import { readArray } from '../../../../src/core/engine/arrays/device-array';
import { float32 } from '../../../../src/core/engine/arrays/nd-array';
import { Random } from '../../../../src/core/random';
import { contextOf } from '../context';
import vectors from '../../../reference/black_box.json';
import { storedAttack } from '../../../../src/core/attacks/parameters/stored-attack';
import { bound, forwardVictim, named } from '../named';

const array = z.object({ shape: z.array(z.int()), data: z.array(z.number()) });
const reference = z
  .object({
    network: z.object({ first: array, bias: array, second: array }),
    images: array,
    labels: z.array(z.int()),
    cases: z.array(z.object({ seed: z.int(), parameters: storedAttack, adversarial: array })),
    transformed: z.array(
      z.object({ rotation: z.number(), right: z.number(), down: z.number(), images: array }),
    ),
  })
  .parse(vectors);

const images = float32(Float32Array.from(reference.images.data), reference.images.shape);
const labels = Int32Array.from(reference.labels);

describe('attacks by forward passes agree with a second implementation, image by image', () => {
  for (const { seed, parameters, adversarial } of reference.cases) {
    const { name, basis = '', norm } = named(parameters).parameters;
    it(`${name} ${String(basis)} ${norm ?? ''}, seed ${seed}`, async () => {
      const attack = await bound(forwardVictim(network), parameters);
      const imageSeed = Random.keyed(seed, 'reference').int(2 ** 32);
      const streams = Array.from(labels, (_, n) => Random.keyed(imageSeed, 'image', n));
      const found = await readArray(
        await attack.perturb({ images, labels }, contextOf(labels.length, 0, { streams })),
      );
      // One other decision in hundreds would change an image by much more.
      assertClose(found.data, adversarial.data, 1e-5);
    });
  }

  it('the clean images are far from the adversarial ones', () => {
    for (const { adversarial } of reference.cases)
      assert.throws(() => {
        assertClose(images.data, adversarial.data, 1e-2);
      });
  });
});

describe('rotations and translations', () => {
  for (const { rotation, right, down, images: expected } of reference.transformed) {
    it(`are torch's: ${rotation} degrees, ${right} right, ${down} down`, () => {
      const [count = 0, ...shape] = images.shape;
      const size = images.data.length / count;
      const found = new Float32Array(images.data.length);
      for (let n = 0; n < count; n++) {
        writeTransformed(
          rowOf(images.data, n, size),
          shape,
          { rotation, right, down },
          rowOf(found, n, size),
        );
      }
      assertClose(found, expected.data, 1e-5);
    });
  }
});

/** logits = second · tanh(first · image + bias), in double precision. */
const network: ScoreModel = {
  classes: reference.network.second.shape[0] ?? 0,
  logits({ data, shape: [count = 0] }) {
    const { first, bias, second } = reference.network;
    const [hidden = 0, size = 0] = first.shape;
    const classes = second.shape[0] ?? 0;
    const logits = new Float32Array(count * classes);
    for (let n = 0; n < count; n++) {
      const features = Array.from({ length: hidden }, (_, j) => {
        let sum = bias.data[j] ?? 0;
        for (let i = 0; i < size; i++) sum += (first.data[j * size + i] ?? 0) * (data[n * size + i] ?? 0);
        return Math.tanh(sum);
      });
      for (let k = 0; k < classes; k++) {
        logits[n * classes + k] = features.reduce(
          (sum, value, j) => sum + (second.data[k * hidden + j] ?? 0) * value,
          0,
        );
      }
    }
    return Promise.resolve(float32(logits, [count, classes]));
  },
};

function assertClose(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  assert.equal(actual.length, expected.length);
  const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - (actual[i] ?? NaN))), 0);
  assert.ok(worst <= tolerance, `differs by ${worst}`);
}
