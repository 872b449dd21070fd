import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { datasetRows, datasetTable } from '../../../src/cli/commands/data';
import { datasets } from '../../../src/core/data/sets';
import { inTemporaryFolder } from './support';

describe('m2at data list', () => {
  it('has every data set, and says which are in the cache', async () => {
    await inTemporaryFolder(async (cache) => {
      const folder = path.join(cache, 'fashion-mnist');
      await mkdir(folder);
      const rows = datasetRows(datasets, cache);
      assert.deepEqual(
        rows.map(({ name }) => name),
        datasets.map(({ name }) => name),
      );
      assert.deepEqual(
        rows.filter((row) => row.folder !== null),
        [
          {
            ...{ name: 'fashion-mnist', title: 'Fashion-MNIST', classes: 10 },
            ...{ images: { train: 60_000, test: 10_000 }, size: [28, 28, 1], folder },
          },
        ],
      );
      assert.match(datasetTable(rows), /^cifar100 +CIFAR-100 +100 +50000 +10000 +32 x 32 x 3 +no$/m);
      assert.match(datasetTable(rows), /^fashion-mnist .* 28 x 28 x 1 +yes$/m);
    });
  });
});
