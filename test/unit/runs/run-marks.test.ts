import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { mock } from 'node:test';
import { createProgram } from '../../../src/cli/program';
import { output } from '../../../src/cli/terminal';
import { M2atError } from '../../../src/core/errors';
import { builtIn } from '../../../src/core/registry/registry';
import { runDirectory, runFile } from '../../../src/core/records/run-paths';
import { markRun } from '../../../src/core/runs/run-marks';
import { listRuns, readIntactRecord, readRecord } from '../../../src/core/runs/run-store';
import { temporaryRoot } from '../training/tiny-task';
import { runRecord } from '../webview/rows';

describe('what somebody says of a run', () => {
  let root = '';
  const id = 'run-1';
  const file = (name: string): string => path.join(runDirectory(root, id), name);

  beforeEach(async () => {
    root = await temporaryRoot();
    await mkdir(runDirectory(root, id), { recursive: true });
    await writeFile(file(runFile.record), JSON.stringify(runRecord({ id, status: 'done' })));
  });
  afterEach(() => rm(root, { recursive: true }));

  it('is laid over its record, changed part by part and taken away, and the record itself stays as it is', async () => {
    const before = await readFile(file(runFile.record), 'utf8');
    await markRun(root, id, { name: ' first try ', star: true, tags: ['a', 'b', 'a', ' '] });
    await markRun(root, id, { note: 'two\nlines' });
    const marks = { name: 'first try', star: true, note: 'two\nlines', tags: ['a', 'b'] };
    const [record] = await listRuns(root);
    assert.equal(record?.name, 'first try');
    assert.equal(record.ownName, 'quickstart / m2at');
    assert.deepEqual(record.marks, marks);
    assert.equal((await readIntactRecord(root, id)).name, 'quickstart / m2at');
    await markRun(root, id, { name: '', star: false, tags: [] });
    assert.equal((await readRecord(root, id)).name, 'quickstart / m2at');
    assert.deepEqual((await readRecord(root, id)).marks, { note: 'two\nlines' });
    assert.equal(await readFile(file(runFile.record), 'utf8'), before);
  });

  it('is refused where it is too long, and nothing of before is lost', async () => {
    await markRun(root, id, { name: 'kept' });
    for (const change of [
      { name: 'x'.repeat(201) },
      { note: 'x'.repeat(4001) },
      { tags: ['x'.repeat(51)] },
    ]) {
      await assert.rejects(markRun(root, id, change), (error: unknown) => {
        return (
          error instanceof M2atError &&
          error.code === 'bad-input' &&
          error.message.includes('at most 200 characters')
        );
      });
    }
    assert.equal((await readRecord(root, id)).name, 'kept');
  });

  it('that is damaged leaves the run as it is, says so, and is not overwritten', async () => {
    for (const text of ['{"name": 7}', '{', '{"version": 1, "tags": "x"}', 'null']) {
      await writeFile(file(runFile.marks), text);
      const record = await readRecord(root, id);
      assert.equal(record.name, 'quickstart / m2at');
      assert.match(record.warnings?.join() ?? '', /marks\.json can't be read/);
      await assert.rejects(markRun(root, id, { star: true }), /Delete the file/);
      assert.equal(await readFile(file(runFile.marks), 'utf8'), text);
    }
  });

  it('of a later version keeps what this one knows, and shows no control characters', async () => {
    await writeFile(
      file(runFile.marks),
      JSON.stringify({ version: 2, name: 'a\u001b[31m', colour: 'red', tags: ['t\u202e'] }),
    );
    const { name, marks } = await readRecord(root, id);
    assert.equal(name, 'a\\x1b[31m');
    assert.deepEqual(marks?.tags, ['t\\u202e']);
  });

  it('is said by m2at mark', async () => {
    const texts: string[] = [];
    const written = mock.method(output, 'write', (text: string) => texts.push(text));
    const run = (...args: string[]) =>
      createProgram(builtIn).parseAsync(['mark', id, ...args, '--root', root], { from: 'user' });
    try {
      await run('--name', 'fast', '--star', '--tag', 'a', '--tag', 'b');
      await run('--untag', 'a', '--note', 'why');
      await assert.rejects(run(), /nothing is said of the run/);
    } finally {
      written.mock.restore();
    }
    assert.deepEqual(texts, ['* fast [a, b]\n', '* fast [b] why\n']);
  });
});
