import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { imagesGiven } from '../../../src/cli/commands/image-flags';
import { datasets } from '../../../src/core/data/sets';
import { temporaryRoot } from '../training/tiny-task';

describe('the images of m2at attack', () => {
  const list = datasets;
  let root: string;
  before(async () => {
    root = await temporaryRoot();
    await writeFile(path.join(root, 'set.npz'), '');
    await writeFile(path.join(root, 'notes.txt'), '');
  });
  after(() => rm(root, { recursive: true }));
  const inRoot = (name: string): string => path.join(root, name);

  it('are those of the checkpoint where nothing is said', async () => {
    assert.deepEqual(await imagesGiven(list, {}), {});
  });

  it('are a folder of pictures, an archive, or two arrays', async () => {
    const pictures = (await imagesGiven(list, { images: root })).dataset;
    const { name, folder, testShare } = { testShare: undefined, ...pictures };
    assert.deepEqual([name, folder, testShare], ['folder', root, 1], 'all of them');
    const archive = (await imagesGiven(list, { images: inRoot('set.npz') })).dataset;
    const { file, testShare: share } = { file: '', testShare: undefined, ...archive };
    assert.deepEqual([archive?.name, file, share], ['arrays', inRoot('set.npz'), 1]);
    const arrays = { images: 'x.npy', labels: 'y.npy' };
    assert.deepEqual(await imagesGiven(list, arrays), { arrays });
  });

  it('are those of a data set, by its name', async () => {
    const { dataset } = await imagesGiven(list, { dataset: 'mnist', dataFolder: root });
    assert.deepEqual(dataset, { name: 'mnist', folder: root, trainCount: 1, testCount: 10_000 });
    assert.equal((await imagesGiven(list, { dataFolder: root })).dataset?.name, 'cifar10');
  });

  it('are told only once, and whole', async () => {
    await assert.rejects(
      imagesGiven(list, { images: root, dataset: 'mnist' }),
      /--images leaves no room for --dataset/,
    );
    const halves = [{ images: 'x.npy' }, { labels: 'y.npy' }, { images: inRoot('set.npz'), labels: 'y.npy' }];
    for (const flags of halves) {
      await assert.rejects(
        imagesGiven(list, flags),
        /--images and --labels belong together[^]*A \.npy of images/,
      );
    }
    await assert.rejects(
      imagesGiven(list, { images: inRoot('notes.txt') }),
      /notes\.txt: is neither a folder/,
    );
    await assert.rejects(imagesGiven(list, { images: inRoot('gone') }), /gone/);
  });
});
