import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { methods } from '../../../src/core/methods';

const read = (file: string): string => readFileSync(file, 'utf8').replaceAll('\r\n', '\n');

describe('docs/adding-a-method.md', () => {
  const doc = read('docs/adding-a-method.md');

  it('shows the example that the tests train with, as a folder of src/core/methods', () => {
    for (const file of ['definition.ts', 'stability.ts']) {
      const example = read(`test/unit/methods/stability/${file}`)
        .replaceAll('../../../../src/core/methods/', '../')
        .replaceAll('../../../../src/core/', '../../');
      assert.ok(doc.includes('```ts\n' + example + '```'), `copy ${file} into the page`);
    }
  });

  it('names files that exist', () => {
    const names = doc.match(/`[\w./-]+\.(ts|md|json)`/g) ?? [];
    assert.ok(names.length > 5);
    const folders = [
      '',
      'src/core/methods/',
      'src/core/registry/',
      'test/unit/methods/',
      'test/unit/methods/stability/',
    ];
    for (const name of names.map((quoted) => quoted.slice(1, -1))) {
      assert.ok(
        folders.some((folder) => existsSync(folder + name)),
        name,
      );
    }
  });
});

describe('docs/methods.md', () => {
  it('has a row for each method, in the order of the list, and each has its folder', () => {
    const rows = [...read('docs/methods.md').matchAll(/^\| `([\w-]+)` +\|/gm)].map(([, name]) => name);
    assert.deepEqual(
      rows,
      methods.map(({ name }) => name),
    );
    const folders = readdirSync('src/core/methods', { withFileTypes: true }).filter(
      (entry) => entry.isDirectory() && entry.name !== 'options',
    );
    assert.deepEqual(folders.map(({ name }) => name).sort(), methods.map(({ name }) => name).sort());
  });
});
