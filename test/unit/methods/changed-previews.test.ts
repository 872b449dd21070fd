import assert from 'node:assert/strict';
import { methods } from '../../../src/core/methods';
import { chooseMethod, chosenOptions } from '../../../src/core/methods/choose-method';
import type { DrawnBatch, Preview } from '../../../src/core/methods/method';
import { options } from '../../../src/core/methods/options';
import { oneOf } from '../../../src/core/named-schema';
import { Random } from '../../../src/core/random';
import { oracle } from '../attacks/devices';
import { tinyImages, tinyNetwork } from '../attacks/tiny-network';

const [COUNT, CLASSES] = [5, 4];

describe('the sample grid of a method on changed images', () => {
  const model = tinyNetwork(CLASSES, 2);
  const batch = { ...tinyImages(COUNT, CLASSES), classes: CLASSES, progress: 0, steps: 2 };
  after(() => {
    model.dispose();
  });

  async function shown(given: object, method: object = { name: 'pgd-at', steps: 1 }) {
    const chosen = chooseMethod(methods, oneOf(methods).parse(method), chosenOptions(options, { ...given }));
    const drawn = chosen.complete(
      batch,
      chosen.draw(batch, (purpose) => Random.keyed(2, purpose)),
    );
    const bound = await chosen.create({ device: oracle(), model, classes: CLASSES, batchSize: COUNT });
    const preview = await bound.preview(drawn, new AbortController().signal);
    await bound.dispose();
    return { drawn, preview };
  }

  const headings = ({ columns }: Preview): string[] =>
    columns.map(({ symbol = '', title, name = '' }) => `${symbol || title} ${name}`);
  const pixels = ({ columns }: Preview, key: string): Float32Array => {
    const column = columns.find((one) => one.key === key);
    assert.ok(column, key);
    return column.data.data;
  };
  const values = ({ facts = [] }: Preview, symbol: string): Float32Array => {
    const fact = facts.find((one) => one.symbol === symbol);
    assert.ok(fact, symbol);
    return fact.values;
  };
  const size = batch.images.data.length / COUNT;
  const row = (data: Float32Array, n: number): number[] => [...data.subarray(n * size, (n + 1) * size)];
  const partnersOf = ({ draws }: DrawnBatch): number[] => [
    ...((draws.mixupPartner ?? draws.cutmixPartner)?.data ?? []),
  ];

  for (const given of [{ mixup: { lambdaPer: 'image' } }, { cutmix: { probability: 1 } }]) {
    it(`has partners and shares of ${Object.keys(given).join()}, and judges pictures by what they mostly show`, async () => {
      const { drawn, preview } = await shown(given);
      const columns = ['x₀ clean', 'x̃₀ partner', 'x mixed', 'δ amplified', 'x + δ adversarial'];
      assert.deepEqual(headings(preview), columns);
      assert.equal(pixels(preview, 'x0'), batch.images.data);
      const partner = partnersOf(drawn);
      assert.ok(partner.some((other, n) => other !== n));
      const lambda = values(preview, 'λ₀');
      for (let n = 0; n < COUNT; n++) {
        const rowOf = (key: string): number[] => row(pixels(preview, key), n);
        const [x0, other, x] = [rowOf('x0'), rowOf('partner0'), rowOf('x')];
        assert.deepEqual(other, row(batch.images.data, partner[n] ?? NaN));
        const share = lambda[n] ?? NaN;
        if ('cutmix' in given) {
          // Pixels of two images may have the same value.
          const kept = x.filter((value, i) => value === x0[i]).length / x.length;
          if (partner[n] !== n) assert.ok(Math.abs(kept - share) < 0.03, `${kept} of ${share}`);
        } else {
          const expected = x0.map((value, i) => share * value + (1 - share) * (other[i] ?? NaN));
          for (const [i, value] of x.entries()) assert.ok(Math.abs(value - (expected[i] ?? NaN)) < 1e-6);
        }
      }
      const classes = partner.map((n) => batch.labels[n]);
      assert.deepEqual([...values(preview, 'ỹ₀')], classes);
      const labels = Object.fromEntries(preview.columns.map(({ key, labels: of }) => [key, of]));
      assert.deepEqual([labels.x0, [...(labels.partner0 ?? [])]], [undefined, classes]);
      assert.deepEqual([labels.x, labels.xAdv], [drawn.labels, drawn.labels]);
    });
  }

  it('begins with what cutout left of the images, also where they are mixed then', async () => {
    const cutout = { size: 2 };
    assert.deepEqual(headings((await shown({ cutout }, { name: 'standard' })).preview), ['x cut out']);
    const { drawn, preview } = await shown({ cutout, mixup: {} }, { name: 'm2at', steps: 1 });
    assert.deepEqual(headings(preview).slice(0, 3), ['x₀ cut out', 'x̃₀ partner', 'x mixed']);
    assert.notDeepEqual(pixels(preview, 'x0'), batch.images.data);
    assert.deepEqual(drawn.unmixed?.labels, batch.labels);
    const symbols = preview.facts?.map(({ symbol }) => symbol);
    assert.deepEqual(symbols, ['λ₀', 'ỹ₀', 'λ']);
  });
});
