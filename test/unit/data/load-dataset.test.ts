import assert from 'node:assert/strict';
import { mkdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cacheFolder } from '../../../src/core/data/cache-folder';
import { checkFiles } from '../../../src/core/data/check-files';
import { readRecords } from '../../../src/core/data/sets/cifar/read-records';
import {
  cifar10Format,
  cifar10Source,
  publishedFiles,
  recordBytes,
} from '../../../src/core/data/sets/cifar10/source';
import { loadDataset } from '../../../src/core/data/load-dataset';
import { datasets } from '../../../src/core/data/sets';
import { VerifiedFiles } from '../../../src/core/data/verified-files';
import { M2atError } from '../../../src/core/errors';
import { inTemporaryFolder, smallCifar } from './support';

const cifar = smallCifar();
const { files } = cifar.source('http://127.0.0.1:9');

/** Writes the small data set and hands over its folder and a memory of checksums. */
function withFiles(use: (folder: string, verified: () => VerifiedFiles) => Promise<void>): Promise<void> {
  return inTemporaryFolder(async (temporary) => {
    const folder = path.join(temporary, 'data');
    await mkdir(folder);
    for (const [name, content] of cifar.files) await writeFile(path.join(folder, name), content);
    await use(folder, () => new VerifiedFiles(path.join(temporary, 'cache')));
  });
}

function check(folder: string, verified: VerifiedFiles): Promise<void> {
  return checkFiles(folder, publishedFiles(files), cifar10Format, verified);
}

const dataError =
  (file: string, message: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof M2atError, String(error));
    assert.equal(error.code, 'data');
    assert.equal(error.where, file);
    assert.match(error.what, message);
    assert.match(error.hint ?? '', /data_batch_1\.bin/);
    return true;
  };

describe('readRecords', () => {
  it('turns planes into pixels and stops at the count', async () => {
    await withFiles(async (folder) => {
      const set = await readRecords(folder, files.slice(0, 2), 7, cifar10Format);
      assert.deepEqual([set.count, set.height, set.width, set.channels], [7, 32, 32, 3]);
      for (let n = 0; n < 7; n++) {
        const source = cifar.files.get(n < 5 ? 'data_batch_1.bin' : 'data_batch_2.bin') ?? Buffer.alloc(0);
        const record = source.subarray((n % 5) * recordBytes, ((n % 5) + 1) * recordBytes);
        assert.equal(set.labels[n], record[0]);
        const pixels = set.images.subarray(n * 3072, (n + 1) * 3072);
        assert.ok(
          pixels.every((value, i) => value === record[1 + (i % 3) * 1024 + Math.floor(i / 3)]),
          `image ${n}`,
        );
      }
    });
  });

  it('refuses labels over 9, a file that ends early, and more images than there are', async () => {
    await withFiles(async (folder) => {
      const file = path.join(folder, 'data_batch_2.bin');
      const bytes = Buffer.from(await readFile(file));
      bytes[recordBytes] = 10;
      await writeFile(file, bytes);
      await assert.rejects(
        readRecords(folder, files, 8, cifar10Format),
        dataError(file, /record 1 has the label 10/),
      );
      await truncate(file, 100);
      await assert.rejects(
        readRecords(folder, files, 6, cifar10Format),
        dataError(file, new RegExp(`ends after 100 bytes, ${recordBytes} are needed`)),
      );
      await assert.rejects(
        readRecords(folder, files.slice(0, 1), 6, cifar10Format),
        dataError(folder, /5 images, 6 were/),
      );
    });
  });
});

describe('checkFiles', () => {
  it('accepts the right files and names the first wrong one', async () => {
    await withFiles(async (folder, verified) => {
      await check(folder, verified());
      const file = path.join(folder, 'data_batch_2.bin');
      const content = await readFile(file);
      const altered = Buffer.from(content);
      altered[100] = (altered[100] ?? 0) ^ 1;
      await writeFile(file, altered);
      // The same size: without a new time it would look like the file that was checked before.
      await utimes(file, new Date(), new Date(Date.now() + 10_000));
      await assert.rejects(check(folder, verified()), dataError(file, /altered: SHA-256 is/));
      await truncate(file, 1000);
      await assert.rejects(
        check(folder, verified()),
        dataError(file, new RegExp(`1000 bytes, expected ${content.length}`)),
      );
      await rm(file);
      await assert.rejects(check(folder, verified()), dataError(file, /missing/));
    });
  });

  it('hashes a file again only after it changed', async () => {
    await withFiles(async (folder, verified) => {
      const file = path.join(folder, 'test_batch.bin');
      const [atime, mtime] = [new Date(), new Date(1_700_000_000_000)];
      await utimes(file, atime, mtime);
      const first = await verified().checksum(file, 'sha256');
      const content = await readFile(file);
      await writeFile(file, content.fill(0, 5, 6));
      await utimes(file, atime, mtime);
      assert.equal(
        await verified().checksum(file, 'sha256'),
        first,
        'size and time are the same: not read again',
      );
      await utimes(file, atime, new Date(mtime.getTime() + 5000));
      assert.notEqual(await verified().checksum(file, 'sha256'), first);
    });
  });
});

describe('loadDataset', () => {
  it('refuses a folder without the files, and says which is missing', async () => {
    await inTemporaryFolder(async (folder) => {
      const parameters = { name: 'cifar10', folder, trainCount: 10, testCount: 10 } as const;
      await assert.rejects(
        loadDataset(datasets, parameters),
        dataError(path.join(folder, 'data_batch_1.bin'), /missing/),
      );
      // Only the files that are needed are looked at, and the size tells before any hashing does.
      await writeFile(path.join(folder, 'data_batch_1.bin'), 'short');
      await assert.rejects(
        loadDataset(datasets, parameters),
        dataError(path.join(folder, 'data_batch_1.bin'), /5 bytes, expected 30730000/),
      );
    });
  });

  it('knows the real files by size and checksum', () => {
    assert.equal(cifar10Source.files.length, 6);
    for (const { records, sha256 } of cifar10Source.files) {
      assert.equal(records * recordBytes, 30_730_000);
      assert.match(sha256, /^[0-9a-f]{64}$/);
    }
  });
});

describe('cacheFolder', () => {
  it('follows M2AT_CACHE, then the platform', () => {
    assert.equal(cacheFolder({ M2AT_CACHE: 'here' }), path.resolve('here'));
    assert.match(cacheFolder({ LOCALAPPDATA: 'local' }, 'win32'), /^local[\\/]m2at[\\/]Cache$/);
    assert.match(cacheFolder({}, 'darwin'), /Library[\\/]Caches[\\/]m2at$/);
    assert.equal(cacheFolder({ XDG_CACHE_HOME: path.resolve('/x') }, 'linux'), path.resolve('/x/m2at'));
    assert.match(cacheFolder({ XDG_CACHE_HOME: 'relative' }, 'linux'), /\.cache[\\/]m2at$/);
  });
});
