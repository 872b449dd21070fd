import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';

const entry = path.join(__dirname, 'extension.js');
/** Bytes. It is loaded in a hundredth of a second. */
const MOST = 100_000;

/** What takes long to load, and is not needed before somebody asks for something. */
const later = [
  /node_modules/,
  ...[/core\/(attacks|methods|data|models|recipes|registry|experiment|corruptions)\//],
  ...[/core\/(runs|scheduler|report\/(?!wilson-interval))/, /protocol/],
];

describe('what a window loads when the extension is activated', () => {
  const text = readFileSync(entry, 'utf8');

  it('is one small file', () => {
    assert.ok(text.length < MOST, `${text.length} bytes`);
    const atOnce = [...text.matchAll(/^var \w+ = (?:__toESM\()?require\("([^"]+)"\)/gm)].map(
      ([, name = '']) => name,
    );
    assert.ok(atOnce.includes('vscode'));
    assert.deepEqual(
      atOnce.filter((name) => name !== 'vscode' && !name.startsWith('node:')),
      [],
    );
  });

  it('has no schemas, no lists, and nothing that reads runs', () => {
    const { sources } = z
      .object({ sources: z.array(z.string()) })
      .parse(JSON.parse(readFileSync(`${entry}.map`, 'utf8')));
    assert.ok(sources.some((source) => source.endsWith('src/extension/extension.ts')));
    assert.deepEqual(
      sources.filter((source) => later.some((pattern) => pattern.test(source))),
      [],
    );
  });

  it('finds what is loaded later', () => {
    const pieces = [...text.matchAll(/require\("(\.[^"]+)"\)/g)].map(([, name = '']) => name);
    assert.ok(pieces.length > 10);
    for (const piece of pieces) assert.ok(require.resolve(path.join(__dirname, piece)));
  });
});
