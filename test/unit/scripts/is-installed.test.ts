import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isInstalled } from '../../../scripts/lib/is-installed.mjs';

type Packages = Record<string, { version?: string; integrity?: string; optional?: boolean }>;

describe('isInstalled', () => {
  let folder: string;
  const wanted: Packages = {
    '': {},
    'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
    'node_modules/b': { version: '2.0.0', optional: true },
  };
  const write = (file: string, packages: Packages): Promise<void> =>
    writeFile(path.join(folder, file), JSON.stringify({ packages }));

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'm2at-installed-'));
    await mkdir(path.join(folder, 'node_modules'));
    await write('package-lock.json', wanted);
  });
  afterEach(() => rm(folder, { recursive: true }));

  const cases: [string, Packages, boolean][] = [
    ['everything', wanted, true],
    [
      'an optional package is absent',
      { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' } },
      true,
    ],
    ['another version', { 'node_modules/a': { version: '0.9.0', integrity: 'sha512-a' } }, false],
    ['another content', { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-z' } }, false],
    ['a package is absent', { 'node_modules/b': { version: '2.0.0' } }, false],
  ];
  for (const [name, present, expected] of cases) {
    it(`${name}: ${String(expected)}`, async () => {
      await write('node_modules/.package-lock.json', present);
      assert.equal(await isInstalled(folder), expected);
    });
  }

  it('an interrupted installation: false', async () => {
    assert.equal(await isInstalled(folder), false);
  });
});
