import assert from 'node:assert/strict';
import * as z from 'zod';
import { tolerant } from '../../../src/core/tolerant';

describe('tolerant schemas', () => {
  const strict = z.strictObject({
    name: z.string().min(1),
    inner: z.strictObject({ count: z.int() }).optional(),
    list: z.array(z.discriminatedUnion('kind', [z.strictObject({ kind: z.literal('a'), x: z.number() })])),
    pair: z.tuple([z.strictObject({ y: z.number().nullable() })]),
    byName: z.record(z.string(), z.strictObject({ z: z.number() }).nullable()),
    twice: z.strictObject({ most: z.number(), least: z.number() }).refine(({ most, least }) => most >= least),
  });
  const value = {
    name: 'n',
    inner: { count: 1 },
    list: [{ kind: 'a', x: 1 }],
    pair: [{ y: null }],
    byName: { one: { z: 1 }, two: null },
    twice: { most: 2, least: 1 },
  };
  const grown = {
    ...value,
    more: { deep: [1] },
    inner: { count: 1, more: 1 },
    list: [{ kind: 'a', x: 1, more: 1 }],
    pair: [{ y: null, more: 1 }],
    byName: { one: { z: 1, more: 1 }, two: null },
    twice: { most: 2, least: 1, more: 1 },
  };

  it('keep what they do not know, at every depth', () => {
    assert.deepEqual(tolerant(strict).parse(grown), grown);
    assert.deepEqual(tolerant(strict).parse(value), value);
  });

  it('check what they know as before, and leave the strict form as it is', () => {
    for (const wrong of [
      { ...grown, name: '' },
      { ...grown, inner: { count: 0.5 } },
      { ...grown, list: [{ kind: 'b', x: 1 }] },
      { ...grown, pair: [{ more: 1 }] },
      { ...grown, byName: { one: {} } },
      { ...grown, twice: { most: 0, least: 1 } },
    ]) {
      assert.equal(tolerant(strict).safeParse(wrong).success, false, JSON.stringify(wrong));
    }
    const { error } = strict.safeParse(grown);
    assert.deepEqual(
      error?.issues.map(({ code, path }) => `${code} ${path.join('.')}`).sort(),
      ['', 'byName.one', 'inner', 'list.0', 'pair.0', 'twice'].map((at) => `unrecognized_keys ${at}`),
    );
  });
});
