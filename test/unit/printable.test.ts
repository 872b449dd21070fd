import assert from 'node:assert/strict';
import {
  isPrintable,
  isPrintablePath,
  printable,
  printableJson,
  printableLines,
} from '../../src/core/printable';

const CONTROLS = [...Array(0x20).keys(), ...Array.from({ length: 0x21 }, (_, i) => 0x7f + i)];
const INVISIBLE = [0xad, 0x61c, 0x200b, 0x200e, 0x2028, 0x2029, 0x202a, 0x202e, 0x2060, 0x2066, 0xfeff];

describe('printable', () => {
  it('shows what a terminal would obey, and nothing else changes', () => {
    assert.equal(printable('a\x1b[31mb\r\n\tc\x9b2J\x7f'), 'a\\x1b[31mb\\r\\n\\tc\\x9b2J\\x7f');
    assert.equal(printable('\u202egnp.exe\u2028x'), '\\u202egnp.exe\\u2028x');
    assert.equal(printable('\u{e0041}\ud800'), '\\u{e0041}\\ud800');
    for (const text of ['Größe 日本語 ❤️ é', 'C:\\new\\x1b', '', 'a "b" <c> `d`']) {
      assert.equal(printable(text), text);
    }
  });

  it('leaves no control or invisible character, and is the same when done twice', () => {
    for (const code of [...CONTROLS, ...INVISIBLE]) {
      const text = `a${String.fromCodePoint(code)}b`;
      const shown = printable(text);
      assert.match(shown, /^a\\[\w{}]+b$/, code.toString(16));
      assert.equal(printable(shown), shown);
      assert.ok(!isPrintable(text), code.toString(16));
    }
  });

  it('keeps the lines of a text that has several', () => {
    assert.equal(printableLines('a\x1b\n  b\r\n'), 'a\\x1b\n  b\\r\n');
  });

  it('changes no value of JSON', () => {
    const value = { 'k\x9b': ['\x1b[2J', '\u202e', '\u{e0041}', '\ud800', '\u2028', 'é'] };
    const text = printableJson(value);
    assert.ok(isPrintable(text));
    assert.deepEqual(JSON.parse(text), value);
  });

  it('tells paths, which may have what joins letters, from names', () => {
    assert.ok(isPrintablePath('/home/👩‍💻/می‌خواهم/x.npy'));
    assert.ok(!isPrintable('👩‍💻'));
    for (const bad of ['a\nb', 'a\x1b', 'a\x9b', 'a\u202eb', 'a\u2028']) assert.ok(!isPrintablePath(bad));
  });
});
