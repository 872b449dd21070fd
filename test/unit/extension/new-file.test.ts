import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { experimentName, freeFile, writeNewFile } from '../../../src/extension/experiment/new-file';

describe('new experiment files', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'm2at-new-file-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('never share a name, not even when they are written at the same moment', async () => {
    const texts = ['one', 'two', 'three', 'four'];
    const files = await Promise.all(texts.map((text) => writeNewFile(folder, 'a', text)));
    assert.equal(new Set(files).size, 4);
    assert.deepEqual(await Promise.all(files.map((file) => readFile(file, 'utf8'))), texts);
    assert.deepEqual((await readdir(folder)).sort(), [
      'a-2.m2at.json',
      'a-3.m2at.json',
      'a-4.m2at.json',
      'a.m2at.json',
    ]);
  });

  it('get a name that is neither on disk, as whatever it may be, nor taken', async () => {
    await mkdir(path.join(folder, 'a.m2at.json'));
    const taken = path.join(folder, 'a-2.m2at.json');
    const file = await freeFile(folder, 'a', (other) => other === taken);
    assert.equal(file, path.join(folder, 'a-3.m2at.json'));
    assert.equal(experimentName(file), 'a-3');
  });

  it('fail with the reason where they can not be written', async () => {
    await assert.rejects(
      writeNewFile(path.join(folder, 'nowhere'), 'a', ''),
      /nowhere.*the folder does not exist/,
    );
  });
});
