import assert from 'node:assert/strict';
import { appendFile, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { M2atError } from '../../../src/core/errors';
import { MAX_DEPTH, parseJson, placeTooDeep, readJson } from '../../../src/core/files/json';
import { listFolder } from '../../../src/core/files/list-folder';
import { withOpenFile } from '../../../src/core/files/open-for-reading';
import { readChunks } from '../../../src/core/files/read-chunks';
import { readExactly } from '../../../src/core/files/read-exactly';
import { readLimited } from '../../../src/core/files/read-limited';
import { LineCollector, readLines, type Line } from '../../../src/core/files/read-lines';
import { readText } from '../../../src/core/files/text';
import { lfsPointer, oddFiles } from '../../support/odd-files';

describe('reading files', () => {
  let root: string;
  let file: string;
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'm2at-files-'));
    file = path.join(root, 'file');
  });
  afterEach(() => rm(root, { recursive: true }));

  for (const { what, make, expected } of oddFiles) {
    it(`${what} is refused at once, and named`, async () => {
      await make(file);
      const before = process.memoryUsage().rss;
      const options = { code: 'data' } as const;
      for (const read of [
        () => readLimited(file, 2 ** 20, options),
        () => readText(file, 2 ** 20, options),
        () => readJson(file, 2 ** 20, options),
        () => readLines(file, { maxBytes: 2 ** 20, maxLineBytes: 100 }, () => undefined, options),
        () => readChunks(file, 2 ** 20, () => undefined, options),
      ]) {
        await assert.rejects(read, (error) => {
          assert.ok(error instanceof M2atError && error.code === 'data' && error.where === file);
          assert.match(error.message, expected);
          return true;
        });
      }
      assert.ok(process.memoryUsage().rss - before < 50 * 2 ** 20);
    });
  }

  it('what says nothing about its size is read up to the limit', async function () {
    if (process.platform !== 'linux') this.skip();
    const text = String(await readLimited('/proc/self/status', 2 ** 16));
    assert.match(text, /VmRSS[^]*\n$/);
    await assert.rejects(readLimited('/proc/self/status', 100), /at most 100 are read/);
    assert.equal(String(await readLimited('/proc/self/status', text.length + 100)).length > 500, true);
  });

  it('a file that grows while it is read does not go past the limit', async () => {
    await writeFile(file, 'x'.repeat(1000));
    await withOpenFile(file, {}, async ({ handle, size }) => {
      assert.equal(size, 1000);
      await appendFile(file, 'y');
      const bytes = new Uint8Array(1001);
      await readExactly(handle, bytes, 0, file);
      await assert.rejects(
        readExactly(handle, bytes, 1, file, { code: 'data' }),
        /ends after 1001 bytes, 1002/,
      );
    });
    await assert.rejects(readLimited(file, 1000), /has 1001 bytes; at most 1000 are read/);
    let lines = 0;
    const growing = readLines(file, { maxBytes: 2 ** 18, maxLineBytes: 100 }, () => {
      lines++;
      return undefined;
    });
    await appendFile(file, '\n'.repeat(2 ** 18));
    await assert.rejects(growing, /at most 262144 are read/);
    assert.ok(lines <= 2 ** 18);
  });

  it('an empty file is empty', async () => {
    await writeFile(file, '');
    assert.equal((await readLimited(file, 0)).length, 0);
    assert.equal(await readText(file, 10), '');
    await writeFile(file, '[1,2,3,4,5,6,7,8,9,10,11,12,13,\u0001x,14,15,16,17,18,19]');
    await assert.rejects(readJson(file, 100), { what: "is no JSON (Unexpected token '\u0001')" });
    await writeFile(file, '');
    await assert.rejects(
      readJson(file, 10, { code: 'data', hint: 'Mend it.' }),
      /no JSON \([^]*\nMend it\.$/,
    );
  });

  it('a byte order mark is no part of a text; UTF-16 is named', async () => {
    await writeFile(file, '\uFEFF{"a": 1}');
    assert.deepEqual(await readJson(file, 100), { a: 1 });
    const lines: Line[] = [];
    await writeFile(file, '\uFEFFone\n\uFEFFtwo');
    await readLines(file, { maxBytes: 100, maxLineBytes: 100 }, (line) => void lines.push(line));
    assert.deepEqual(lines, [
      { text: 'one', cut: false, ended: true },
      { text: '\uFEFFtwo', cut: false, ended: false },
    ]);
    for (const encoded of [Buffer.from('\uFEFF{}', 'utf16le'), Buffer.from('\uFEFF{}', 'utf16le').swap16()]) {
      await writeFile(file, encoded);
      await assert.rejects(readText(file, 100), /is a text in UTF-16[^]*UTF-8/);
    }
  });

  it('a Git LFS pointer of any version is told from a text about one', async () => {
    await writeFile(file, lfsPointer.replace('git-lfs', 'hawser').replaceAll('\n', '\r\n'));
    await assert.rejects(readLimited(file, 1000), /Git LFS pointer/);
    await writeFile(file, `# ${lfsPointer}`);
    assert.match(await readText(file, 1000), /^# version/);
  });

  it('values in values have a greatest depth', () => {
    const nested = (depth: number, open = '[', close = ']'): string =>
      open.repeat(depth) + close.repeat(depth);
    assert.ok(Array.isArray(parseJson(nested(MAX_DEPTH), file)));
    for (const text of [nested(MAX_DEPTH + 1), '{"a":'.repeat(100_000), '['.repeat(100_000)]) {
      assert.throws(() => parseJson(text, file, { code: 'data' }), {
        name: 'M2atError',
        message: `${file}: has lists and objects that are nested more than 100 deep`,
      });
    }
    assert.ok(parseJson(JSON.stringify({ text: nested(1000), quoted: '\\"' + nested(1000) }), file));
    assert.ok(parseJson(`[${'[],{},'.repeat(1000)}0]`, file));
    // In what is no JSON, quotes in comments and broken strings hide nothing.
    for (const start of ['// "\n', '/* " */', '"broken\n', '/*/ " */', '{"a" // "b\n:']) {
      assert.ok(placeTooDeep(start + nested(MAX_DEPTH + 1)) >= 0, start);
      assert.equal(placeTooDeep(start + nested(MAX_DEPTH - 1)), -1, start);
    }
    assert.equal(placeTooDeep(`// ${nested(1000)}\n/* ${nested(1000)} */ []`), -1);
  });

  it('lines are put together from pieces, and long ones are cut', () => {
    for (const size of [1, 2, 3, 7, 100]) {
      const lines: Line[] = [];
      const collector = new LineCollector(5, (line) => void lines.push(line));
      const bytes = Buffer.from('\uFEFFab\n\n12345\n123456\nä€\r\nend');
      for (let at = 0; at < bytes.length; at += size)
        collector.add(Buffer.from(bytes.subarray(at, at + size)));
      collector.end();
      assert.deepEqual(
        lines.map(({ text, cut, ended }) => (ended ? [text, cut] : text)),
        [['ab', false], ['', false], ['12345', false], ['12345', true], ['ä€', true], 'end'],
      );
    }
  });

  it('a line without an end takes no memory', async () => {
    await writeFile(file, 'first\n');
    await truncate(file, 2 ** 26);
    const before = process.memoryUsage().rss;
    const lines: Line[] = [];
    await readLines(file, { maxBytes: 2 ** 30, maxLineBytes: 2 ** 16 }, (line) => void lines.push(line));
    assert.deepEqual(
      lines.map(({ text, cut, ended }) => [text.length, cut, ended]),
      [
        [5, false, true],
        [2 ** 16, true, false],
      ],
    );
    assert.ok(process.memoryUsage().rss - before < 50 * 2 ** 20);
  });

  it('a folder with too many entries is not listed', async () => {
    for (let n = 0; n < 3; n++) await writeFile(path.join(root, String(n)), '');
    assert.deepEqual((await listFolder(root)).map(({ name }) => name).sort(), ['0', '1', '2']);
    await assert.rejects(listFolder(root, { maxEntries: 2 }), /more than 2 entries/);
  });

  it('a link out of the folder that a file has to be in is refused', async function () {
    if (process.platform === 'win32') this.skip();
    const inside = path.join(root, 'inside');
    await mkdir(path.join(inside, 'below'), { recursive: true });
    await writeFile(path.join(root, 'secret'), 'secret');
    await writeFile(path.join(inside, 'below', 'own'), 'own');
    await symlink('../secret', path.join(inside, 'link'));
    await symlink('..', path.join(inside, 'above'));
    await symlink('below/own', path.join(inside, 'fine'));
    const read = (name: string): Promise<Buffer> =>
      readLimited(path.join(inside, name), 100, { within: inside, code: 'checkpoint' });
    assert.equal(String(await read('fine')), 'own');
    for (const name of ['link', 'above/secret', '../secret']) {
      await assert.rejects(
        read(name),
        { code: 'checkpoint', what: 'is a link that leads out of its folder' },
        name,
      );
    }
    await assert.rejects(
      listFolder(path.join(inside, 'above'), { within: inside }),
      /leads out of its folder/,
    );
  });
});
