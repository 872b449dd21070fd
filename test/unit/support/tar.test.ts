import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { unpackTar } from '../../support/tar';

interface Entry {
  readonly name: string;
  readonly kind?: string;
  readonly content?: string;
  readonly mode?: number;
}

/** A ustar header and the content, as POSIX.1-1988 lays them out. */
function entry({ name, kind = '0', content = '', mode = 0o644 }: Entry): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0, 100);
  header.write(mode.toString(8).padStart(7, '0'), 100);
  header.write(Buffer.byteLength(content).toString(8).padStart(11, '0'), 124);
  header.write(kind, 156);
  header.write('ustar\u000000', 257);
  const body = Buffer.alloc(Math.ceil(Buffer.byteLength(content) / 512) * 512);
  body.write(content);
  return Buffer.concat([header, body]);
}

const archive = (...entries: Entry[]): Buffer => Buffer.concat([...entries.map(entry), Buffer.alloc(1024)]);

describe('unpackTar', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'm2at-tar-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('writes folders, files and their executable bit', async () => {
    const long = 'x'.repeat(1000);
    await unpackTar(
      archive({ name: 'a/', kind: '5' }, { name: 'a/one', content: long }, { name: 'b/run', mode: 0o755 }),
      folder,
    );
    assert.equal(await readFile(path.join(folder, 'a', 'one'), 'utf8'), long);
    if (process.platform !== 'win32') {
      assert.equal((await stat(path.join(folder, 'b', 'run'))).mode & 0o111, 0o111);
    }
  });

  for (const name of ['../outside', '/absolute', 'a/../../outside']) {
    it(`keeps ${name} inside the folder or refuses it`, async () => {
      const inner = path.join(folder, 'inner');
      await unpackTar(archive({ name, content: 'x' }), inner).catch((error: unknown) => {
        assert.match(String(error), /leaves the folder/);
      });
      assert.deepEqual(
        (await readdir(folder)).filter((file) => file !== 'inner'),
        [],
      );
    });
  }

  it('refuses links', async () => {
    await assert.rejects(
      unpackTar(archive({ name: 'link', kind: '2' }), folder),
      /link is an entry of kind 2/,
    );
  });

  it('refuses an archive that is cut off', async () => {
    const whole = archive({ name: 'file', content: 'x'.repeat(2000) });
    await assert.rejects(unpackTar(whole.subarray(0, 1024), folder), /file is truncated/);
    await assert.rejects(unpackTar(whole.subarray(0, 512 + 2048), folder), /has no end/);
  });
});
