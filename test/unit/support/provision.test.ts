import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { provision } from '../../support/provision';

describe('provision', () => {
  let parent: string;
  beforeEach(async () => {
    parent = await mkdtemp(path.join(tmpdir(), 'm2at-provision-'));
  });
  afterEach(() => rm(parent, { recursive: true }));

  const quiet = (): void => undefined;

  it('fills a folder once, also for two callers at once', async () => {
    let fills = 0;
    const fill = async (folder: string): Promise<void> => {
      fills++;
      await writeFile(path.join(folder, 'tool'), 'content');
    };
    const folders = await Promise.all([
      provision(parent, 'tool-1', fill, quiet),
      provision(parent, 'tool-1', fill, quiet),
    ]);
    folders.push(await provision(parent, 'tool-1', fill, quiet));
    assert.equal(fills, 1);
    assert.deepEqual(new Set(folders), new Set([path.join(parent, 'tool-1')]));
    assert.equal(await readFile(path.join(parent, 'tool-1', 'tool'), 'utf8'), 'content');
    assert.deepEqual(await readdir(parent), ['tool-1']);
  });

  it('leaves nothing behind after a failure, and tries again', async () => {
    const failing = async (folder: string): Promise<void> => {
      await writeFile(path.join(folder, 'half'), '');
      throw new Error('no network');
    };
    await assert.rejects(provision(parent, 'tool-1', failing, quiet), /no network/);
    assert.deepEqual(await readdir(parent), []);
    await provision(parent, 'tool-1', (folder) => writeFile(path.join(folder, 'whole'), ''), quiet);
    assert.deepEqual(await readdir(path.join(parent, 'tool-1')), ['whole']);
  });
});
