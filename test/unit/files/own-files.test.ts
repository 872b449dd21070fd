import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { M2atError } from '../../../src/core/errors';
import { writeFileAtomic } from '../../../src/core/files/atomic-file';
import { appendToFile, openNew, openToUpdate, removeFile } from '../../../src/core/files/own-file';
import { assertOwnFolder, makeOwnFolder, removeOwnFolder } from '../../../src/core/files/own-folders';
import { allowedRunFolders, allowRunFolders } from '../../../src/core/files/run-folders';

const posix = process.platform !== 'win32';

describe('files of a run', () => {
  let root: string;
  let run: string;
  let elsewhere: string;
  let precious: string;
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'm2at-test-'));
    run = path.join(root, '.m2at', 'runs', 'a');
    elsewhere = path.join(root, 'elsewhere');
    precious = path.join(elsewhere, 'precious');
    await mkdir(elsewhere);
    await writeFile(precious, 'precious');
  });
  afterEach(async () => {
    allowRunFolders(undefined);
    assert.equal(await readFile(precious, 'utf8'), 'precious');
    assert.deepEqual(await readdir(elsewhere), ['precious']);
    await rm(root, { recursive: true });
  });

  /** Everything that can be done to a file of ours, by what it is called. */
  const writers: Record<string, (file: string) => Promise<unknown>> = {
    append: (file) => appendToFile(file, 'x'),
    update: async (file) => (await openToUpdate(file))?.close(),
    atomic: (file) => writeFileAtomic(file, 'x'),
  };

  /** What may lie in a file's place. */
  const obstacles: Record<string, (file: string) => Promise<unknown>> = {
    'a link to a file': (file) => symlink(precious, file),
    'a link to nothing': (file) => symlink(path.join(elsewhere, 'new'), file),
    'a link to a folder': (file) => symlink(elsewhere, file, 'junction'),
    'a folder': (file) => mkdir(file),
    ...(posix && { 'a named pipe': (file: string) => Promise.resolve(execFileSync('mkfifo', [file])) }),
  };

  for (const [kind, put] of Object.entries(obstacles)) {
    for (const [way, write] of Object.entries(writers)) {
      it(`${way}: ${kind} in the place of a file is refused`, async () => {
        await makeOwnFolder(run);
        const file = path.join(run, 'log.txt');
        await put(file);
        const before = await lstat(file);
        await assert.rejects(write(file), (error) => {
          assert.ok(error instanceof M2atError);
          assert.equal(error.code, 'bad-input');
          assert.equal(error.where, file);
          assert.match(error.what, /^is (a link, and nothing|(a folder|a named pipe), where a file)/);
          return true;
        });
        assert.equal((await lstat(file)).ino, before.ino);
        assert.deepEqual(await readdir(run), ['log.txt']);
      });
    }
  }

  it('a file with a name elsewhere is not appended to, but can be replaced', async () => {
    await makeOwnFolder(run);
    const file = path.join(run, 'log.txt');
    await link(precious, file);
    for (const way of ['append', 'update']) {
      await assert.rejects(async () => writers[way]?.(file), /hard link\)\nPut a copy of it in its place\./);
    }
    await writeFileAtomic(file, 'ours');
    await appendToFile(file, '!');
    assert.equal(await readFile(file, 'utf8'), 'ours!');
  });

  for (const place of ['.m2at', '.m2at/runs', '.m2at/runs/a', '.m2at/runs/a/samples']) {
    it(`nothing is made, written or removed through a link at ${place}`, async () => {
      const at = path.join(root, ...place.split('/'));
      await mkdir(path.dirname(at), { recursive: true });
      await symlink(elsewhere, at, 'junction');
      const folder = path.join(run, 'samples');
      const actions: (() => Promise<unknown>)[] = [
        () => makeOwnFolder(folder),
        () => assertOwnFolder(folder),
        () => removeOwnFolder(path.join(folder, 'x')),
        () => removeFile(path.join(folder, 'precious')),
        () => openNew(path.join(folder, 'new')),
        ...Object.values(writers).map((write) => () => write(path.join(folder, 'precious'))),
      ];
      for (const action of actions) {
        await assert.rejects(action, (error) => {
          assert.ok(error instanceof M2atError);
          assert.equal(error.where, at);
          assert.match(error.what, /^is a link, and a run is written to folders of its own only/);
          // Only the outer two have a setting.
          assert.equal(/m2at\.runFolders.*M2AT_RUN_FOLDERS/.test(error.hint ?? ''), !place.includes('/a'));
          return true;
        });
      }
    });
  }

  for (const place of ['.m2at', '.m2at/runs']) {
    it(`a link at ${place} is followed to a folder that the user names, and no further`, async () => {
      const disk = path.join(root, 'disk');
      const target = path.join(disk, 'project');
      await mkdir(target, { recursive: true });
      const at = path.join(root, ...place.split('/'));
      await mkdir(path.dirname(at), { recursive: true });
      await symlink(target, at, 'junction');
      for (const others of [
        [],
        [elsewhere],
        [path.join(root, 'dis')],
        ['disk'],
        [path.join(target, 'below')],
      ]) {
        allowRunFolders(others);
        await assert.rejects(makeOwnFolder(run), /is a link/);
      }
      allowRunFolders([elsewhere, disk]);
      assert.equal(await makeOwnFolder(run), true);
      await appendToFile(path.join(run, 'log.txt'), 'x');
      assert.ok((await readdir(target)).length === 1);
      await symlink(elsewhere, path.join(run, 'samples'), 'junction');
      await assert.rejects(makeOwnFolder(path.join(run, 'samples')), /is a link/);
      await removeOwnFolder(run);
    });
  }

  it('the environment names folders, absolute ones, where nobody else does', () => {
    const M2AT_RUN_FOLDERS = ['/disk', 'relative', '', '/other'].join(path.delimiter);
    const absolute = ['/disk', '/other'];
    assert.deepEqual(allowedRunFolders({ M2AT_RUN_FOLDERS }), absolute);
    assert.deepEqual(allowedRunFolders({}), []);
    allowRunFolders(['/here']);
    assert.deepEqual(allowedRunFolders({ M2AT_RUN_FOLDERS }), ['/here']);
  });

  it('removing a folder leaves what its links point to', async () => {
    await makeOwnFolder(run);
    await symlink(elsewhere, path.join(run, 'samples'), 'junction');
    await removeOwnFolder(run);
    await symlink(elsewhere, run, 'junction');
    await removeOwnFolder(run);
    assert.deepEqual(await readdir(path.dirname(run)), []);
  });

  if (posix) {
    it('folders and files can be read by their owner only, whatever the umask; others stay as they are', async () => {
      const before = process.umask(0);
      try {
        const folder = path.join(run, 'samples');
        assert.equal(await makeOwnFolder(folder), true);
        assert.equal(await makeOwnFolder(folder), false);
        await appendToFile(path.join(folder, 'a'), 'x');
        await writeFileAtomic(path.join(folder, 'b'), 'x');
        await (await openNew(path.join(folder, 'c')))?.close();
        for (const name of ['.m2at', '.m2at/runs', '.m2at/runs/a', '.m2at/runs/a/samples']) {
          assert.equal((await stat(path.join(root, name))).mode & 0o777, 0o700, name);
        }
        for (const name of ['a', 'b', 'c']) {
          assert.equal((await stat(path.join(folder, name))).mode & 0o777, 0o600, name);
        }
        const shared = path.join(root, 'shared');
        await mkdir(path.join(shared, '.m2at'), { recursive: true, mode: 0o755 });
        await makeOwnFolder(path.join(shared, '.m2at', 'runs', 'a'));
        assert.equal((await stat(path.join(shared, '.m2at'))).mode & 0o777, 0o755);
        await writeFileAtomic(path.join(root, 'page.html'), 'x');
        assert.equal((await stat(path.join(root, 'page.html'))).mode & 0o777, 0o666);
      } finally {
        process.umask(before);
      }
    });
  }
});
