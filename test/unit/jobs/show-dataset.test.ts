import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { decode } from 'fast-png';
import { defineDataset, imageParameters } from '../../../src/core/data/define-dataset';
import { showDataset } from '../../../src/core/jobs/show-dataset';
import { builtIn } from '../../../src/core/registry/registry';
import { temporaryRoot, tinyDataset } from '../training/tiny-task';

describe('showing a data set', () => {
  const { classNames, normalization } = tinyDataset();
  const counts = { train: 40, test: 12 };
  const folders: (string | undefined)[] = [];
  const tiny = defineDataset({
    name: 'family/tiny',
    title: 'Tiny',
    facts: { classNames, counts, height: 8, width: 8, channels: 3, normalization },
    parameters: imageParameters('family/tiny', counts, 'None is needed.'),
    open: ({ trainCount, testCount, folder }) => {
      folders.push(folder);
      return Promise.resolve(tinyDataset(trainCount, testCount));
    },
  });
  const registry = { ...builtIn, datasets: [tiny, ...builtIn.datasets] };
  let root: string;
  beforeEach(async () => {
    root = await temporaryRoot();
    folders.length = 0;
  });
  afterEach(() => rm(root, { recursive: true }));

  it('writes one PNG, and says what is in it', async () => {
    const out = path.join(root, 'new', 'sheet.png');
    const shown = await showDataset({ dataset: 'family/tiny', out, registry });
    assert.deepEqual(shown, {
      ...{ file: out, name: 'family/tiny', split: 'train', count: 40, size: [8, 8, 3] },
      classes: [
        { name: 'red', count: 14 },
        { name: 'green', count: 13 },
        { name: 'blue', count: 13 },
      ],
    });
    const { width, height, channels, data } = decode(await readFile(out));
    assert.deepEqual([width, height, channels], [2 * 16 + 200 + 10 * 76 + 16, 16 + 36 + 3 * 76 + 16, 3]);
    // The brightest channel is the class: the sum over a picture tells it.
    for (const row of [0, 1, 2]) {
      const sums = [0, 0, 0];
      for (let y = 0; y < 72; y++) {
        for (let x = 0; x < 72; x++) {
          const pixel = ((52 + row * 76 + y) * width + 216 + x) * 3;
          for (const c of [0, 1, 2]) sums[c] = (sums[c] ?? 0) + Number(data[pixel + c]);
        }
      }
      assert.equal(sums.indexOf(Math.max(...sums)), row);
    }
  });

  it('writes into the cache where no file is named, and keys go to the data set', async () => {
    const before = process.env.M2AT_CACHE;
    process.env.M2AT_CACHE = path.join(root, 'cache');
    try {
      const { file, count } = await showDataset({
        dataset: 'family/tiny',
        split: 'test',
        keys: { folder: '/somewhere' },
        registry,
      });
      assert.equal(file, path.join(root, 'cache', 'pictures', 'family-tiny-test.png'));
      assert.equal(count, 12);
      assert.deepEqual(folders, ['/somewhere']);
      decode(await readFile(file));
    } finally {
      if (before === undefined) delete process.env.M2AT_CACHE;
      else process.env.M2AT_CACHE = before;
    }
  });

  it("takes an experiment's data set, with what the file says of it", async () => {
    const file = path.join(root, 'small.m2at.json');
    const experiment = {
      dataset: { name: 'family/tiny', trainCount: 9, folder: 'pictures' },
      model: { name: 'small-cnn' },
      method: { name: 'standard' },
      training: { batchSize: 3 },
    };
    await writeFile(file, JSON.stringify(experiment));
    const { count } = await showDataset({ dataset: file, out: path.join(root, 'sheet.png'), registry });
    assert.equal(count, 9);
    assert.deepEqual(folders, [path.join(root, 'pictures')]);
  });

  it('says what else there could be where a path leads to nothing', async () => {
    const missing = path.join(root, 'nowhere');
    await assert.rejects(
      showDataset({ dataset: missing, registry }),
      /nowhere.*folder of pictures for each class/s,
    );
    const text = path.join(root, 'notes.txt');
    await writeFile(text, '');
    await assert.rejects(
      showDataset({ dataset: text, registry }),
      /notes\.txt: is neither a folder nor an \.npz/,
    );
  });
});
