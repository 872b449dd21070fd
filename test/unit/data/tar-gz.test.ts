import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { extractTarGz } from '../../../src/core/data/tar-gz';
import { M2atError } from '../../../src/core/errors';
import { inTemporaryFolder, tarGz, tarMember } from './support';

/** A stream of the bytes in chunks of `size`. */
function chunks(bytes: Buffer, size: number): Readable {
  const parts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  );
  return Readable.from(parts);
}

const content = Buffer.from(Array.from({ length: 1300 }, (_, i) => i % 251));

async function extract(archive: Buffer, o: { chunk?: number; maxBytes?: number } = {}): Promise<Buffer> {
  return inTemporaryFolder(async (folder) => {
    const target = path.join(folder, 'out');
    const wanted = [{ name: 'a/wanted', target, maxBytes: o.maxBytes ?? 10_000 }];
    await extractTarGz(chunks(archive, o.chunk ?? 65_536), 'the archive', wanted);
    assert.deepEqual(await readdir(folder), ['out']);
    return readFile(target);
  });
}

describe('extractTarGz', () => {
  const good = tarGz(
    tarMember('a/', Buffer.alloc(0), '5'),
    tarMember('a/other', Buffer.alloc(700)),
    tarMember('a/wanted', content),
    tarMember('../outside', Buffer.from('never written')),
  );

  for (const chunk of [1, 7, 513, 65_536]) {
    it(`finds the wanted member in chunks of ${chunk} bytes, and writes nothing else`, async () => {
      assert.deepEqual(await extract(good, { chunk }), content);
    });
  }

  it('takes an empty member', async () => {
    assert.equal((await extract(tarGz(tarMember('a/wanted', Buffer.alloc(0))))).length, 0);
  });

  const damagedHeader = tarMember('a/wanted', content);
  damagedHeader[3] = (damagedHeader[3] ?? 0) ^ 1;
  const cases: readonly [string, Buffer, RegExp, number?][] = [
    ['a missing member', tarGz(tarMember('a/other', content)), /no member a\/wanted/],
    ['a link', tarGz(tarMember('a/wanted', Buffer.alloc(0), '2', '/etc/passwd')), /not a regular file/],
    ['a larger member', good, /1300 bytes, at most 1299/, 1299],
    ['a truncated gzip', good.subarray(0, good.length - 20), /truncated or damaged/],
    ['a truncated tar', gzipSync(tarMember('a/wanted', content).subarray(0, 1000)), /middle of a member/],
    ['a damaged header', tarGz(damagedHeader), /wrong checksum/],
    ['no gzip', Buffer.from('<html>'), /truncated or damaged/],
  ];
  for (const [name, archive, message, maxBytes] of cases) {
    it(`refuses ${name}`, async () => {
      for (const chunk of [5, 65_536]) {
        const limit = maxBytes === undefined ? {} : { maxBytes };
        await assert.rejects(extract(archive, { chunk, ...limit }), (error: unknown) => {
          assert.ok(error instanceof M2atError, String(error));
          assert.deepEqual([error.code, error.where], ['data', 'the archive']);
          assert.match(error.what, message);
          return true;
        });
      }
    });
  }

  it('never overwrites a file', async () => {
    await inTemporaryFolder(async (folder) => {
      const target = path.join(folder, 'out');
      await writeFile(target, 'mine');
      const wanted = [{ name: 'a/wanted', target, maxBytes: 10_000 }];
      await assert.rejects(
        extractTarGz(chunks(good, 100), 'the archive', wanted),
        /there is a file .*out already/,
      );
      assert.equal(await readFile(target, 'utf8'), 'mine');
    });
  });
});
