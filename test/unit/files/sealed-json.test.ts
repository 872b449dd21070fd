import assert from 'node:assert/strict';
import * as z from 'zod';
import { sealJson, unsealJson } from '../../../src/core/files/sealed-json';
import { canonicalJson } from '../../../src/core/files/sha256';

const form = z.strictObject({ kind: z.literal('step'), loss: z.number(), list: z.array(z.int()) });
const value = { kind: 'step', loss: 1.25, list: [1, 23] };

/** What a reader makes of a text; undefined when it is refused. */
function read(text: string): unknown {
  try {
    return form.parse(JSON.parse(unsealJson(text).json));
  } catch {
    return undefined;
  }
}

describe('sealed JSON', () => {
  it('is read back, pretty or not, and with the line ends of another system', () => {
    for (const text of [JSON.stringify(value), JSON.stringify(value, null, 2)]) {
      const sealed = sealJson(text);
      assert.equal(Object.keys(JSON.parse(sealed) as object).at(-1), 'sum');
      assert.deepEqual(read(sealed), value);
      assert.ok(unsealJson(sealed.replaceAll('\n', '\r\n')).verified);
    }
    assert.deepEqual(unsealJson(JSON.stringify(value)), { json: JSON.stringify(value), verified: false });
  });

  it('is never read as something else when one bit of it is another, or its end is missing', () => {
    for (const text of [sealJson(JSON.stringify(value)), sealJson(JSON.stringify(value, null, 2))]) {
      const bytes = Buffer.from(text);
      for (let bit = 0; bit < 8 * bytes.length; bit++) {
        const damaged = Buffer.from(bytes);
        damaged.writeUInt8(damaged.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        const found = read(damaged.toString('utf8'));
        if (found !== undefined) assert.deepEqual(found, value, damaged.toString('utf8'));
      }
      for (let end = 0; end < text.trimEnd().length; end++) assert.equal(read(text.slice(0, end)), undefined);
    }
  });

  it('has a canonical form that survives a round trip and tells values apart', () => {
    const tangled = { b: [1, { d: -0, c: 1e21 }], a: 'ä"\u2028', u: undefined, n: NaN };
    const again: unknown = JSON.parse(JSON.stringify(tangled, null, 3));
    assert.equal(canonicalJson(again), canonicalJson(tangled));
    assert.equal(canonicalJson({ a: 1, b: 2 }), canonicalJson({ b: 2, a: 1 }));
    assert.notEqual(canonicalJson([1, 2]), canonicalJson([2, 1]));
    assert.notEqual(canonicalJson({ a: [] }), canonicalJson({ a: {} }));
  });
});
