import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  chmod,
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { repositoryState } from '../../../src/core/repository/repository-state';

/** Of whoever runs the tests, nothing. */
const environment = {
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@example.org',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@example.org',
};

describe('the state of a repository', () => {
  let folder = '';
  let work = '';
  const git = async (...args: string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)('git', args, { cwd: work, env: environment });
    return stdout.trim();
  };
  const at = (...parts: string[]): string => path.join(work, ...parts);
  const dirty = async (file?: string): Promise<boolean | undefined> =>
    (await repositoryState(work, { file }))?.dirty;

  before(async function () {
    const found = await promisify(execFile)('git', ['--version']).catch(() => undefined);
    // The repositories that are read here are made by it; the product needs none.
    if (!found || process.platform === 'win32') this.skip();
  });
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'm2at-repository-'));
    work = path.join(folder, 'work');
    await mkdir(at('a', 'b'), { recursive: true });
    await git('init', '-q', '-b', 'main');
    await writeFile(at('x.m2at.json'), '{}\n');
    await writeFile(at('a', 'b', 'deep.txt'), 'deep\n');
    await writeFile(at('a.txt'), 'before a/\n');
    await writeFile(at('run.sh'), 'true\n', { mode: 0o755 });
    await symlink('a.txt', at('link'));
    await git('add', '-A');
    await git('commit', '-qm', 'first');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is the commit, the branch, and that nothing is changed', async () => {
    const commit = await git('rev-parse', 'HEAD');
    assert.deepEqual(await repositoryState(at('a', 'b'), { file: at('x.m2at.json') }), {
      commit,
      branch: 'main',
      dirty: false,
    });
  });

  it('is dirty by any change that a commit could have, and by a file that is in none', async () => {
    const changes: Record<string, () => Promise<unknown>> = {
      'another size': () => writeFile(at('a.txt'), 'longer than before\n'),
      'the same size': () => writeFile(at('a.txt'), 'BEFORE A/\n'),
      'one that is gone': () => rm(at('a', 'b', 'deep.txt')),
      'a mode': () => chmod(at('a.txt'), 0o755),
      'another link': () => rm(at('link')).then(() => symlink('b.txt', at('link'))),
      'a link for a file': () => rm(at('a.txt')).then(() => symlink('run.sh', at('a.txt'))),
      'what is staged': () => writeFile(at('new.txt'), 'new\n').then(() => git('add', 'new.txt')),
      'what is announced': () => writeFile(at('new.txt'), 'new\n').then(() => git('add', '-N', 'new.txt')),
      'what is staged to be removed': () => git('rm', '-q', '--cached', 'a.txt'),
    };
    for (const [what, change] of Object.entries(changes)) {
      await change();
      assert.equal(await dirty(), true, what);
      await git('reset', '-q', '--hard');
      await rm(at('new.txt'), { force: true });
      assert.equal(await dirty(), false, `after ${what}`);
    }
    await writeFile(at('untracked.m2at.json'), '{}\n');
    assert.equal(await dirty(), false, 'of what is not tracked only the experiment file counts');
    assert.equal(await dirty(at('untracked.m2at.json')), true);
  });

  it('is clean where times differ and the content does not', async () => {
    await utimes(at('a.txt'), new Date(), new Date(1_600_000_000_000));
    assert.equal(await dirty(), false);
    const copy = path.join(folder, 'copy');
    await cp(work, copy, { recursive: true, verbatimSymlinks: true });
    assert.equal((await repositoryState(copy))?.dirty, false, 'a copy');
    await writeFile(at('run.sh'), 'true\r\n');
    await git('config', 'core.autocrlf', 'input');
    await git('add', '-A');
    assert.equal(await dirty(), false, 'with the line ends of another system');
  });

  it('is found in packs, with deltas, packed refs, tags, work trees and other versions of the index', async () => {
    for (let n = 0; n < 30; n++) {
      await writeFile(at('a.txt'), `number ${n}\n`);
      await git('commit', '-qam', `${'The same long text that a delta is worth of. '.repeat(20)}${n}`);
    }
    await git('gc', '-q');
    const commits = (await git('log', '--format=%H')).split('\n');
    assert.equal((await readdir(at('.git', 'objects'))).filter((name) => name.length === 2).length, 0);
    for (const commit of commits.slice(0, 31)) {
      await git('checkout', '-q', commit);
      assert.deepEqual(await repositoryState(work), { commit, dirty: false });
    }
    await git('checkout', '-q', 'main');
    for (const version of ['2', '3', '4']) {
      await git('update-index', '--index-version', version);
      await git('update-index', '--skip-worktree', 'run.sh');
      await rm(at('run.sh'));
      assert.deepEqual(
        await repositoryState(work),
        { commit: commits[0], branch: 'main', dirty: false },
        version,
      );
      await git('update-index', '--no-skip-worktree', 'run.sh');
      assert.equal(await dirty(), true, version);
      await git('checkout', '-q', '--', 'run.sh');
    }
    await git('worktree', 'add', '-q', '-b', 'other/branch', path.join(folder, 'second'));
    assert.deepEqual(await repositoryState(path.join(folder, 'second')), {
      commit: commits[0],
      branch: 'other/branch',
      dirty: false,
    });
    await git('clone', '-q', '--shared', work, path.join(folder, 'shared'));
    assert.equal(
      (await repositoryState(path.join(folder, 'shared')))?.dirty,
      false,
      'objects of another folder',
    );
  });

  it('is found where objects have longer names', async () => {
    await rm(at('.git'), { recursive: true });
    await git('init', '-q', '-b', 'main', '--object-format=sha256');
    await git('add', '-A');
    await git('commit', '-qm', 'first');
    const commit = await git('rev-parse', 'HEAD');
    assert.equal(commit.length, 64);
    assert.deepEqual(await repositoryState(work), { commit, branch: 'main', dirty: false });
    await writeFile(at('a.txt'), 'other\n');
    assert.equal(await dirty(), true);
  });

  it('is not made up where there is none, no commit, or something that is not known', async () => {
    assert.equal(await repositoryState(folder), undefined, 'no repository');
    await git('checkout', '-q', '--orphan', 'empty');
    assert.equal(await repositoryState(work), undefined, 'no commit');
    await git('checkout', '-q', '-f', 'main');
    const head = await git('rev-parse', 'HEAD');
    await git('update-index', '--split-index');
    assert.deepEqual(await repositoryState(work), { commit: head, branch: 'main' }, 'a split index');
    await git('update-index', '--no-split-index');
    await rename(at('.git', 'objects'), at('.git', 'elsewhere'));
    assert.deepEqual(await repositoryState(work), { commit: head, branch: 'main' }, 'no objects');
    await rename(at('.git', 'elsewhere'), at('.git', 'objects'));
    await writeFile(at('.git', 'index'), Buffer.from('DIRC\0\0\0\x02\0\0\xff\xff', 'latin1'));
    assert.deepEqual(await repositoryState(work), { commit: head, branch: 'main' }, 'a damaged index');
    for (const text of [
      '',
      'ref: ../../secret',
      'ref: refs/heads/../../../secret',
      'ref: refs/heads/none',
      '\0'.repeat(9999),
    ]) {
      await writeFile(at('.git', 'HEAD'), text);
      assert.equal(await repositoryState(work), undefined, JSON.stringify(text.slice(0, 40)));
    }
    await rm(at('.git'), { recursive: true });
    await writeFile(at('.git'), 'gitdir: /nowhere\n');
    assert.equal(await repositoryState(work), undefined, 'a folder that is not there');
  });

  it('does not wait: what is not found in time is left out', async () => {
    const { commit } = (await repositoryState(work)) ?? {};
    assert.ok(commit);
    const state = await repositoryState(work, { time: 0 });
    assert.ok(state === undefined || state.commit === commit);
    // A pipe in the place of a file would be waited for.
    await rm(at('.git', 'index'));
    await promisify(execFile)('mkfifo', [at('.git', 'index')]);
    assert.deepEqual(await repositoryState(work), { commit, branch: 'main' });
    await rm(at('.git', 'HEAD'));
    await promisify(execFile)('mkfifo', [at('.git', 'HEAD')]);
    assert.equal(await repositoryState(work), undefined);
  });

  it('is asked for without running anything that the repository names', async () => {
    const mark = path.join(folder, 'mark');
    const script = `#!/bin/sh\ntouch '${mark}'\n`;
    const bait = at('bait.sh');
    for (const file of [
      bait,
      at('git'),
      at('git.exe'),
      at('.git', 'hooks', 'post-index-change'),
      at('.git', 'hooks', 'fsmonitor-watchman'),
    ]) {
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, script, { mode: 0o755 });
    }
    await writeFile(at('.gitattributes'), '* filter=bait diff=bait ident\n');
    await git('add', '.gitattributes');
    await git('commit', '-qm', 'attributes');
    for (const [key, value] of [
      ...[
        'core.fsmonitor',
        'core.sshCommand',
        'core.pager',
        'core.editor',
        'core.askPass',
        'core.gitProxy',
      ].map((key) => [key, bait]),
      ...['clean', 'smudge', 'process'].map((key) => [`filter.bait.${key}`, bait]),
      ...['textconv', 'command'].map((key) => [`diff.bait.${key}`, bait]),
      ...['diff.external', 'credential.helper', 'gpg.program', 'uploadpack.packObjectsHook'].map((key) => [
        key,
        bait,
      ]),
      ['core.hooksPath', at('.git', 'hooks')],
      ...['status', 'rev-parse', 'diff'].map((key) => [`alias.${key}`, `!${bait}`]),
      ['remote.origin.url', `ext::${bait}`],
      ['remote.origin.promisor', 'true'],
      ['extensions.partialClone', 'origin'],
      ['protocol.ext.allow', 'always'],
    ]) {
      await git('config', key ?? '', value ?? '');
    }
    // Same size, another time: git would have to look, through the filter.
    await writeFile(at('a.txt'), 'BEFORE A/\n');
    const before = process.env.PATH;
    const here = process.cwd();
    process.env.PATH = `.:${work}:${before ?? ''}`;
    process.chdir(work);
    try {
      // Making it may have run some.
      await rm(mark, { force: true });
      const state = await repositoryState(work, { file: at('x.m2at.json') });
      assert.match(state?.commit ?? '', /^[0-9a-f]{40}$/);
      assert.equal(state?.dirty, undefined, 'only the filter could tell');
      await assert.rejects(lstat(mark), 'something was run');
      // git itself runs it: the bait is one.
      await git('status').catch(() => undefined);
      await lstat(mark);
    } finally {
      process.env.PATH = before;
      process.chdir(here);
    }
  });
});
