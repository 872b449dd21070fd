import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { encode } from 'fast-png';
import { readPixels } from '../../../src/core/data/batch';
import { md5Of } from '../../../src/core/data/checksum';
import { openSource } from '../../../src/core/data/load-dataset';
import { datasets } from '../../../src/core/data/sets';
import { tinyImagenet } from '../../../src/core/data/sets/tiny-imagenet';
import { classIds } from '../../../src/core/data/sets/tiny-imagenet/classes';
import {
  fetchTinyImagenet,
  openTinyImagenet,
  type TinyImagenetSource,
} from '../../../src/core/data/sets/tiny-imagenet/open';
import { M2atError } from '../../../src/core/errors';
import { inTemporaryFolder, serve } from './support';
import { zip, type ZipMember } from './zip-file';

/** A picture of 64 pixels whose colour tells its class and which one it is. */
const picture = (label: number, n: number): Buffer =>
  Buffer.from(
    encode({
      ...{ width: 64, height: 64, channels: 3, depth: 8 },
      data: Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => [label, n, 9][i % 3] ?? 0),
    }),
  );

const testLabels = [7, 0, 199];
const lines = testLabels.map((label, n) => `val_${n}.JPEG\t${classIds[label] ?? ''}\t0\t1\t2\t3\n`);
const content: readonly [string, Buffer][] = [
  ['wnids.txt', Buffer.from(classIds.join('\n'))],
  ...classIds.flatMap((id, label) =>
    [0, 1].map((n): [string, Buffer] => [`train/${id}/images/${id}_${n}.JPEG`, picture(label, n)]),
  ),
  ['val/val_annotations.txt', Buffer.from(lines.join(''))],
  ...testLabels.map((label, n): [string, Buffer] => [`val/images/val_${n}.JPEG`, picture(label, 100 + n)]),
];

/** Members in turn as they are and deflated, with folders between. */
function archive(changes: Readonly<Record<string, Buffer | undefined>> = {}): Buffer {
  const members = [...Object.entries(changes), ...content.filter(([name]) => !(name in changes))];
  return zip([
    { name: 'tiny-imagenet-200/', content: Buffer.alloc(0) },
    ...members.flatMap(([name, bytes], n): ZipMember[] =>
      bytes
        ? [{ name: `tiny-imagenet-200/${name}`, content: bytes, method: n % 2 ? 8 : 0, zip64: n % 5 === 0 }]
        : [],
    ),
  ]);
}

function sourceOf(bytes: Buffer, hosts: readonly string[] = []): TinyImagenetSource {
  const md5 = createHash('md5').update(bytes).digest('hex');
  const file = { name: 'tiny-imagenet-200.zip', maxBytes: bytes.length, exact: true, checksum: md5Of(md5) };
  return { file, hosts, perClass: 2, testCount: testLabels.length };
}

const parameters = (folder: string, trainCount = 400, testCount = 3) => ({
  ...{ name: 'tiny-imagenet', folder, trainCount, testCount },
});

describe('Tiny ImageNet', () => {
  it('is read in its archive, or in the folder that it was unpacked to, and by another thread', async () => {
    await inTemporaryFolder(async (folder) => {
      const bytes = archive();
      await mkdir(path.join(folder, 'zip'));
      await writeFile(path.join(folder, 'zip', 'tiny-imagenet-200.zip'), bytes);
      for (const [name, one] of content) {
        const file = path.join(folder, 'unpacked', 'tiny-imagenet-200', name);
        await mkdir(path.dirname(file), { recursive: true });
        await writeFile(file, one);
      }
      for (const place of ['zip', 'unpacked', 'unpacked/tiny-imagenet-200']) {
        const { train, test } = await openTinyImagenet(
          parameters(path.join(folder, place), 250, 2),
          {},
          sourceOf(bytes),
        );
        assert.deepEqual([train.count, test.count, train.height, train.values], [250, 2, 64, 'uint8']);
        assert.deepEqual([...test.labels], testLabels.slice(0, 2));
        assert.deepEqual([...train.labels].slice(198, 202), [198, 199, 0, 1], 'in turn of each class');
        const size = 64 * 64 * 3;
        for (const source of [train, await openSource(datasets, train.handle())]) {
          const pixels = await readPixels(source, [203, 4]);
          assert.deepEqual([...pixels.subarray(0, 3)], [3, 1, 9]);
          assert.deepEqual([...pixels.subarray(size, size + 3)], [4, 0, 9]);
        }
        assert.deepEqual([...(await readPixels(test, [1])).subarray(0, 3)], [0, 101, 9]);
      }
    });
  });

  it('says what is wrong with an archive', async () => {
    const whole = archive();
    const [firstId = ''] = classIds;
    for (const [bytes, message, published] of [
      [archive({ 'val/val_annotations.txt': undefined }), /there is no val\/val_annotations\.txt/],
      [
        archive({ 'val/val_annotations.txt': Buffer.from(lines.slice(1).join('')) }),
        /has 2 lines, expected 3/,
      ],
      [archive({ 'val/val_annotations.txt': Buffer.from('a\nb\nc\n') }), /line 1 of .* names no picture/],
      [
        archive({
          'val/val_annotations.txt': Buffer.from(`../../x.JPEG\t${firstId}\n${lines.slice(1).join('')}`),
        }),
        /line 1 of .* names no picture/,
      ],
      [archive({ [`train/${firstId}/images/${firstId}_0.JPEG`]: undefined }), /there is no .*_0\.JPEG in it/],
      [whole.subarray(0, 1000), /no zip that can be read/],
      [whole.subarray(1), /altered: MD5 is|bytes, expected/, whole],
    ] as const) {
      await inTemporaryFolder(async (folder) => {
        const file = path.join(folder, 'tiny-imagenet-200.zip');
        await writeFile(file, bytes);
        await assert.rejects(
          openTinyImagenet(parameters(folder), {}, sourceOf(published ?? bytes)),
          (error: unknown) => {
            assert.ok(error instanceof M2atError && error.code === 'data', String(error));
            assert.match(error.message, message);
            assert.match(error.hint ?? '', /tiny-imagenet-200\.zip/);
            return true;
          },
        );
      });
    }
  });

  it('tells of a picture that is damaged in the archive', async () => {
    await inTemporaryFolder(async (folder) => {
      const bytes = archive({ 'val/images/val_0.JPEG': Buffer.from('no picture at all') });
      const file = path.join(folder, 'tiny-imagenet-200.zip');
      await writeFile(file, bytes);
      const { test, train } = await openTinyImagenet(parameters(folder), {}, sourceOf(bytes));
      await assert.rejects(readPixels(test, [0]), /val_0\.JPEG: is no JPEG/);
      await writeFile(file, Buffer.alloc(bytes.length));
      await assert.rejects(readPixels(train, [0]), /a member can't be read/);
    });
  });

  it('is fetched as it is, once', async () => {
    const bytes = archive();
    const server = await serve(
      (_, response) => response.end(),
      (_, response) => response.end(bytes),
    );
    try {
      await inTemporaryFolder(async (cacheDir) => {
        const source = sourceOf(bytes, [`${server.url}/`]);
        const folder = await fetchTinyImagenet({ cacheDir }, source);
        assert.equal(await fetchTinyImagenet({ cacheDir }, source), folder);
        assert.deepEqual([...server.requests], [['/tiny-imagenet-200.zip', 1]]);
        const { test } = await openTinyImagenet(parameters(folder), {}, source);
        assert.equal(test.count, 3);
      });
    } finally {
      await server.close();
    }
  });

  it('has two hundred classes, each with a name of its own', () => {
    const { classNames } = tinyImagenet.facts;
    assert.deepEqual([classIds.length, new Set(classIds).size, new Set(classNames).size], [200, 200, 200]);
    assert.deepEqual([...classIds].sort(), classIds);
    assert.deepEqual(
      ['n02124075', 'n07753592', 'n12267677'].map((id) => classNames[classIds.indexOf(id)]),
      ['Egyptian cat', 'banana', 'acorn'],
    );
  });
});
