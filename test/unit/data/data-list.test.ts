import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { datasetRows, datasetTable } from '../../../src/cli/commands/data';
import { datasets } from '../../../src/core/data/sets';
import { defineMedMnist } from '../../../src/core/data/sets/medmnist';
import { medMnistSets } from '../../../src/core/data/sets/medmnist/sets';
import { makeDatasets } from '../../support/made-datasets';
import { inTemporaryFolder } from './support';

describe('m2at data list', () => {
  it('has every data set, and says which are whole in the cache', async () => {
    await inTemporaryFolder(async (cache) => {
      // Where they are in a cache, too.
      await makeDatasets(cache, cache);
      await mkdir(path.join(cache, 'fashion-mnist'));
      const rows = await datasetRows(datasets, cache);
      assert.deepEqual(
        rows.map(({ name }) => name),
        datasets.map(({ name }) => name),
      );
      assert.deepEqual(
        rows.filter((row) => row.folder !== null),
        [
          {
            ...{ name: 'cifar100', title: 'CIFAR-100', classes: 100, cachedSizes: null },
            ...{ images: { train: 50_000, test: 10_000 }, size: [32, 32, 3] },
            folder: path.join(cache, 'cifar-100-binary'),
          },
          {
            ...{ name: 'svhn', title: 'SVHN', classes: 10, cachedSizes: null },
            ...{ images: { train: 73_257, test: 26_032 }, size: [32, 32, 3] },
            folder: path.join(cache, 'svhn'),
          },
        ],
      );
      assert.match(datasetTable(rows), /^cifar100 +CIFAR-100 +100 +50000 +10000 +32 x 32 x 3 +yes$/m);
      assert.match(datasetTable(rows), /^fashion-mnist .* 28 x 28 x 1 +no$/m);
      assert.match(datasetTable(rows), /^medmnist\/pathmnist .* no$/m);

      await truncate(path.join(cache, 'svhn', 'test_32x32.mat'), 1000);
      await rm(path.join(cache, 'cifar-100-binary', 'test.bin'));
      const after = await datasetRows(datasets, cache);
      assert.ok(after.every(({ folder }) => folder === null));
    });
  });

  it('has the sizes of a set that are there', async () => {
    const [first] = medMnistSets;
    assert.ok(first);
    const content = Buffer.from('as it was published');
    const md5 = createHash('md5').update(content).digest('hex');
    const set = defineMedMnist({ ...first, md5: { ...first.md5, 64: md5, 224: md5 } });
    await inTemporaryFolder(async (cache) => {
      for (const size of [64, 128, 224]) {
        const folder = path.join(cache, `${set.name}_${size}`);
        await mkdir(folder, { recursive: true });
        await writeFile(path.join(folder, `pathmnist_${size}.npz`), content);
      }
      const rows = await datasetRows([set], cache);
      assert.deepEqual([rows[0]?.cachedSizes, rows[0]?.folder], [[64, 224], null]);
      assert.match(datasetTable(rows), / 64, 224$/m);
      assert.equal(
        await set.fetch?.({ cacheDir: cache, size: 224 }),
        path.join(cache, `${set.name}_224`),
        'what is there is not fetched',
      );
      await assert.rejects(
        async () => set.fetch?.({ cacheDir: cache, download: false }),
        /PathMNIST is not in the cache/,
      );
    });
  });
});
