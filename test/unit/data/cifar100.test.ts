import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { md5Of } from '../../../src/core/data/checksum';
import { cifar100 } from '../../../src/core/data/sets/cifar100';
import {
  cifar100Format,
  cifar100Source,
  fetchCifar100,
  openCifar100,
  type Cifar100Source,
} from '../../../src/core/data/sets/cifar100/open';
import { recordBytesOf } from '../../../src/core/data/sets/cifar/read-records';
import { Random } from '../../../src/core/random';
import { inTemporaryFolder, serve, tarGz, tarMember } from './support';

const recordBytes = recordBytesOf(cifar100Format);
const md5 = (bytes: Uint8Array) => md5Of(createHash('md5').update(bytes).digest('hex'));

function file(records: number, seed: number): Buffer {
  const random = Random.keyed(seed, 'small-cifar100');
  const bytes = Buffer.from(Array.from({ length: records * recordBytes }, () => random.int(256)));
  for (let n = 0; n < records; n++) {
    bytes[n * recordBytes] = random.int(20);
    bytes[n * recordBytes + 1] = random.int(100);
  }
  return bytes;
}

const [train, test] = [file(6, 1), file(3, 2)];
const archive = tarGz(
  tarMember('cifar-100-binary/fine_label_names.txt', Buffer.from('skipped')),
  tarMember('cifar-100-binary/test.bin', test),
  tarMember('cifar-100-binary/train.bin', train),
);

function sourceAt(url: string): Cifar100Source {
  const published = (name: string, content: Buffer) => ({
    ...{ name, maxBytes: content.length, exact: true, checksum: md5(content) },
  });
  return {
    ...{ train: published('train.bin', train), test: published('test.bin', test) },
    archive: {
      ...{ urls: [`${url}/archive.tar.gz`], bytes: archive.length, checksum: md5(archive) },
      folder: 'cifar-100-binary',
    },
  };
}

describe('CIFAR-100', () => {
  it('is fetched, and read with its fine labels', async () => {
    const server = await serve((_, response) => response.end(archive));
    try {
      await inTemporaryFolder(async (cacheDir) => {
        const folder = await fetchCifar100({ cacheDir }, sourceAt(server.url));
        const parameters = { name: 'cifar100', folder, trainCount: 5, testCount: 3 };
        const splits = await openCifar100(parameters, {}, sourceAt(server.url));
        const labels = Array.from({ length: 5 }, (_, n) => train[n * recordBytes + 1]);
        assert.deepEqual([...splits.train.labels], labels);
        assert.deepEqual([splits.train.count, splits.test.count, splits.train.channels], [5, 3, 3]);
        const into = new Uint8Array(3072);
        assert.ok(splits.test.values === 'uint8');
        await splits.test.read([2], into);
        const planes = test.subarray(2 * recordBytes + 2, 3 * recordBytes);
        assert.ok(into.every((value, i) => value === planes[(i % 3) * 1024 + Math.floor(i / 3)]));
      });
    } finally {
      await server.close();
    }
  });

  it('refuses a label over 99 and says what the files should be', async () => {
    await inTemporaryFolder(async (temporary) => {
      const folder = path.join(temporary, 'data');
      await mkdir(folder);
      const wrong = Buffer.from(train);
      wrong[recordBytes + 1] = 100;
      await writeFile(path.join(folder, 'train.bin'), wrong);
      await writeFile(path.join(folder, 'test.bin'), test);
      const source = { ...sourceAt(''), train: { ...sourceAt('').train, checksum: md5(wrong) } };
      const parameters = { name: 'cifar100', folder, trainCount: 6, testCount: 3 };
      await assert.rejects(
        openCifar100(parameters, {}, source),
        /train\.bin: record 1 has the label 100; 0 to 99 are possible[^]*CIFAR-100 binary version/,
      );
      await assert.rejects(openCifar100(parameters, {}), /18444 bytes, expected 153700000/);
    });
  });

  it('has a hundred names, and the sizes of the published files', () => {
    assert.equal(new Set(cifar100.facts.classNames).size, 100);
    assert.deepEqual(
      [...cifar100.facts.classNames].sort(),
      cifar100.facts.classNames,
      'by the alphabet, as they are numbered',
    );
    const { train: whole, test: rest } = cifar100Source;
    assert.deepEqual([whole.maxBytes, rest.maxBytes], [153_700_000, 30_740_000]);
  });
});
