import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { imagesGiven } from '../../../src/cli/commands/image-flags';
import { defineDataset } from '../../../src/core/data/define-dataset';
import { datasets } from '../../../src/core/data/sets';
import { plainPath } from '../../../src/core/text-schema';
import { temporaryRoot, tinyDataset } from '../training/tiny-task';

/** Data sets of the user's own, as far as flags know them. */
const folder = defineDataset({
  ...{ name: 'folder', title: 'Folder', open: () => Promise.resolve(tinyDataset()) },
  parameters: z.strictObject({ name: z.enum(['folder']), folder: plainPath }),
});
const arrays = defineDataset({
  ...{ name: 'arrays', title: 'Arrays', open: () => Promise.resolve(tinyDataset()) },
  parameters: z.strictObject({ name: z.enum(['arrays']), file: plainPath }),
});

describe('the images of m2at attack', () => {
  const list = [...datasets.filter(({ name }) => name !== 'folder' && name !== 'arrays'), folder, arrays];
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
    assert.deepEqual(await imagesGiven(list, { images: root }), {
      dataset: { name: 'folder', folder: root },
    });
    const archive = { name: 'arrays', file: inRoot('set.npz') };
    assert.deepEqual(await imagesGiven(list, { images: inRoot('set.npz') }), { dataset: archive });
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
