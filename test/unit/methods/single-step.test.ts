import assert from 'node:assert/strict';
import { readArray, releaseArray } from '../../../src/core/engine/arrays/device-array';
import type { NdArray } from '../../../src/core/engine/arrays/nd-array';
import { methods } from '../../../src/core/methods';
import { chooseMethod } from '../../../src/core/methods/choose-method';
import type { ChosenMethod } from '../../../src/core/methods/define-method';
import { startDraws } from '../../../src/core/methods/inner-attack-parameters';
import type { DrawnBatch } from '../../../src/core/methods/method';
import { oneOf } from '../../../src/core/named-schema';
import { Random } from '../../../src/core/random';
import { oracle } from '../attacks/devices';
import { tinyImages, tinyNetwork } from '../attacks/tiny-network';
import { CountingDevice } from './counting-device';

const EPSILON = 8 / 255;

describe('methods of a single step', () => {
  const model = tinyNetwork(4, 2);
  const network = { device: oracle(), model, classes: 4, batchSize: 5 };
  const batch = tinyImages(5, 4);
  const { signal } = new AbortController();
  const chosen = (input: object): ChosenMethod => chooseMethod(methods, oneOf(methods).parse(input));
  const drawn = (method: ChosenMethod, epsilonShare?: number): DrawnBatch => {
    const images = { ...batch, classes: 4, progress: 0, steps: 1, ...(epsilonShare && { epsilonShare }) };
    return method.complete(
      images,
      method.draw(images, (purpose) => Random.keyed(1, purpose)),
    );
  };
  const startOf = (method: ChosenMethod, share?: number): NdArray<'float32'> => {
    const { start } = startDraws.parse(drawn(method, share).draws);
    assert.ok(start);
    return start;
  };
  after(() => {
    model.dispose();
  });

  it('start anywhere in the ball, or k balls, of the share of epsilon that there is', () => {
    for (const [input, radius] of [
      [{ name: 'fgsm-rs' }, EPSILON],
      [{ name: 'n-fgsm' }, 2 * EPSILON],
      [{ name: 'n-fgsm', noise: 0.5 }, EPSILON / 2],
    ] as const) {
      for (const share of [undefined, 0.25]) {
        const largest = largestOf(startOf(chosen(input), share).data) / (radius * (share ?? 1));
        assert.ok(largest <= 1 + 1e-6 && largest > 0.95, `${input.name}: ${largest}`);
      }
    }
    const start = startOf(chosen({ name: 'fgsm-rs', norm: 'l2', epsilon: 2 }));
    const lengths = rowsOf(start).map((row) => Math.hypot(...row));
    assert.ok(lengths.every((length) => length > 0 && length <= 2 + 1e-6));
  });

  it('take steps of 1.25 epsilon that end in the ball, or of epsilon that leave it', async () => {
    for (const [input, least, most] of [
      [{ name: 'fgsm-rs' }, 0.9 * EPSILON, EPSILON],
      [{ name: 'n-fgsm' }, 2 * EPSILON, 3 * EPSILON],
    ] as const) {
      for (const share of [undefined, 0.25]) {
        const chose = chosen(input);
        const method = await chose.create(network);
        const [images] = await method.prepare(drawn(chose, share), signal);
        assert.ok(images);
        const { data } = await readArray(images);
        releaseArray(images);
        assert.ok(data.every((value) => value >= 0 && value <= 1));
        const delta = data.map((value, i) => value - (batch.images.data[i] ?? NaN));
        const largest = largestOf(delta) / (share ?? 1);
        assert.ok(largest > least && largest <= most + 1e-6, `${input.name}: ${largest}`);
        await method.dispose();
      }
    }
    assert.ok(chosen({ name: 'fgsm-rs' }).passes.attack === 1);
  });

  it('show start and perturbation of what they train on, and leave nothing on the device', async () => {
    for (const name of ['fgsm-rs', 'n-fgsm']) {
      const device = new CountingDevice(network.device);
      const chose = chosen({ name });
      const method = await chose.create({ ...network, device });
      const [images, targets] = await method.prepare(drawn(chose), signal);
      assert.ok(images && targets);
      assert.deepEqual([device.live, device.read], [1, 0], name);
      const { columns } = await method.preview(drawn(chose), signal);
      assert.equal(device.live, 1, name);
      assert.deepEqual(
        columns.map(({ key }) => key),
        ['x', 'start', 'delta', 'xAdv'],
      );
      const [x, start, delta, xAdv] = columns.map(({ data }) => data.data);
      assert.ok(x && start && delta && xAdv);
      assert.deepEqual(xAdv, (await readArray(images)).data);
      const noise = startOf(chose).data;
      for (const [i, value] of x.entries()) {
        const clipped = Math.min(1, Math.max(0, value + (noise[i] ?? NaN)));
        assert.ok(Math.abs(value + (start[i] ?? NaN) - clipped) < 1e-6);
        assert.ok(Math.abs(value + (delta[i] ?? NaN) - (xAdv[i] ?? NaN)) < 1e-6);
      }
      releaseArray(images);
      assert.equal(device.live, 0, name);
      await method.dispose();
    }
  });
});

function rowsOf({ data, shape: [count = 1] }: NdArray): number[][] {
  const size = data.length / count;
  return Array.from({ length: count }, (_, n) => [...data.subarray(n * size, (n + 1) * size)]);
}

function largestOf(values: Iterable<number>): number {
  return Math.max(...Array.from(values, Math.abs));
}
