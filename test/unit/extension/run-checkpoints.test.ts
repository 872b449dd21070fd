import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { hasCheckpoint, runCheckpoints } from '../../../src/extension/checkpoint/run-checkpoints';

describe('runCheckpoints', () => {
  let run = '';
  beforeEach(async () => {
    run = await mkdtemp(path.join(os.tmpdir(), 'm2at-run-'));
  });
  afterEach(() => rm(run, { recursive: true, force: true }));

  async function save(which: string, step?: number): Promise<void> {
    const folder = path.join(run, 'checkpoints', which);
    await mkdir(folder, { recursive: true });
    const userDefinedMetadata = step === undefined ? {} : { step, epoch: step / 2, bestRobustAccuracy: 0.25 };
    await writeFile(path.join(folder, 'model.json'), JSON.stringify({ userDefinedMetadata }));
  }
  const found = async (): Promise<string[]> => (await runCheckpoints(run)).map(({ which }) => which);

  it('finds none before the first was saved', async () => {
    assert.deepEqual(await found(), []);
    assert.equal(await hasCheckpoint(run), false);
  });

  it('names the best first where it is another than the last', async () => {
    await save('last', 6);
    assert.equal(await hasCheckpoint(run), true);
    assert.deepEqual(await found(), ['last']);
    await save('best', 4);
    const [best] = await runCheckpoints(run);
    assert.deepEqual(best, {
      which: 'best',
      modelFile: path.join(run, 'checkpoints', 'best', 'model.json'),
      state: { step: 4, epoch: 2, bestRobustAccuracy: 0.25 },
    });
    assert.deepEqual(await found(), ['best', 'last']);
  });

  it('names one where both are of the same step, and both where it is not known', async () => {
    await save('best', 6);
    await save('last', 6);
    assert.deepEqual(await found(), ['last']);
    await save('best');
    await save('last');
    assert.deepEqual(await found(), ['best', 'last']);
  });
});
