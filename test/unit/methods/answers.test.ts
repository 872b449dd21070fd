import assert from 'node:assert/strict';
import { releaseArray } from '../../../src/core/engine/arrays/device-array';
import { methods } from '../../../src/core/methods';
import { chooseMethod } from '../../../src/core/methods/choose-method';
import { startDraws } from '../../../src/core/methods/inner-attack-parameters';
import { oneOf } from '../../../src/core/named-schema';
import { Random } from '../../../src/core/random';
import { oracle } from '../attacks/devices';
import { tinyImages, tinyNetwork } from '../attacks/tiny-network';
import { CountingDevice } from './counting-device';

const EPSILON = 8 / 255;

/** What each shows beside `x`, `delta` and `xAdv`. */
const cases = [
  { name: 'trades', columns: [], facts: ['KL divergence'] },
  { name: 'mart', columns: [], facts: ['Margin'] },
  { name: 'score', columns: [], facts: ['Squared difference'] },
];

describe('methods that compare the answers on an image and on its perturbed one', () => {
  const model = tinyNetwork(4, 2);
  const batch = { ...tinyImages(5, 4), classes: 4, progress: 0, steps: 2 };
  const { signal } = new AbortController();
  after(() => {
    model.dispose();
  });

  for (const { name, columns, facts, ...parameters } of cases) {
    it(`${name} shows what it trains on, and leaves nothing on the device`, async () => {
      const device = new CountingDevice(oracle());
      const chosen = chooseMethod(methods, oneOf(methods).parse({ name, steps: 2, ...parameters }));
      const draws = chosen.draw(batch, (purpose) => Random.keyed(1, purpose));
      const drawn = chosen.complete(batch, draws);
      const method = await chosen.create({ device, model, classes: 4, batchSize: 5 });
      const inputs = await method.prepare(drawn, signal);
      assert.equal(device.read, 0, 'nothing came back to the host');
      const [x, xAdv] = inputs;
      assert.equal(x, batch.images);
      assert.ok(xAdv && 'read' in xAdv);
      const { data } = await xAdv.read();
      const preview = await method.preview(drawn, signal);
      assert.deepEqual(
        preview.columns.map(({ key }) => key),
        ['x', 'delta', 'xAdv', ...columns],
      );
      assert.deepEqual([...data], [...(preview.columns[2]?.data.data ?? [])]);
      for (const [i, value] of data.entries()) {
        assert.ok(value >= 0 && value <= 1);
        assert.ok(Math.abs(value - (batch.images.data[i] ?? NaN)) <= EPSILON + 1e-6);
      }
      assert.deepEqual(
        preview.facts?.map((fact) => fact.name),
        facts,
      );
      assert.ok(preview.facts.every(({ values }) => values.length === 5 && values.every(Number.isFinite)));
      inputs.forEach(releaseArray);
      assert.equal(device.live, 0);
      await method.dispose();
    });
  }

  it('start close to the image where their authors do', () => {
    const deviation = (name: string): number => {
      const chosen = chooseMethod(methods, oneOf(methods).parse({ name }));
      const { start } = startDraws.parse(chosen.draw(batch, (purpose) => Random.keyed(1, purpose)));
      const values = start?.data ?? new Float32Array();
      return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
    };
    for (const name of ['trades', 'mart']) assert.ok(Math.abs(deviation(name) - 0.001) < 1e-4, name);
  });
});
