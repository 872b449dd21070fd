import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { RememberedRoots, type Memory } from '../../../src/extension/runs/remembered-roots';

/** Keeps JSON, as VS Code does over reloads. */
class JsonMemory implements Memory {
  private readonly values = new Map<string, string>();

  constructor(values: Readonly<Record<string, unknown>> = {}) {
    for (const [key, value] of Object.entries(values)) this.values.set(key, JSON.stringify(value));
  }

  get(key: string): unknown {
    const text = this.values.get(key);
    return text === undefined ? undefined : JSON.parse(text);
  }

  update(key: string, value: unknown): Promise<void> {
    this.values.set(key, JSON.stringify(value));
    return Promise.resolve();
  }
}

describe('RememberedRoots', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'm2at-roots-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function folders(count: number): Promise<string[]> {
    const names = Array.from({ length: count }, (_, n) => path.join(folder, `model-${n}`));
    await Promise.all(names.map((name) => mkdir(name)));
    return names;
  }

  it('are there again after a reload, latest first and each once', async () => {
    const [a = '', b = ''] = await folders(2);
    const memory = new JsonMemory();
    const roots = new RememberedRoots(memory);
    assert.deepEqual(await roots.existing(), []);
    for (const root of [a, b, a]) await roots.add(root);
    assert.deepEqual(await new RememberedRoots(memory).existing(), [a, b]);
  });

  it('are the latest twenty', async () => {
    const all = await folders(23);
    const roots = new RememberedRoots(new JsonMemory());
    for (const root of all) await roots.add(root);
    assert.deepEqual(await roots.existing(), all.slice(3).reverse());
  });

  it('leave out what is no folder now, but not for good', async () => {
    const [gone = ''] = await folders(1);
    const file = path.join(folder, 'file');
    await writeFile(file, '');
    const roots = new RememberedRoots(new JsonMemory());
    await roots.add(file);
    await roots.add(gone);
    await rm(gone, { recursive: true });
    assert.deepEqual(await roots.existing(), []);
    await mkdir(gone);
    assert.deepEqual(await roots.existing(), [gone]);
  });

  it('pass over what another version may have stored', async () => {
    const [known = ''] = await folders(1);
    for (const [stored, found] of [
      [[known, 7, null, '', 'relative', '..', `${known}\0`, known], [known]],
      [{ known }, []],
      [known, []],
    ]) {
      const roots = new RememberedRoots(new JsonMemory({ 'runs.roots': stored }));
      assert.deepEqual(await roots.existing(), found);
    }
  });
});
