import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { controlPath } from '../../../src/core/scheduler/control-path';
import { isPrivateFolder, makePrivateFolder, stateFolder } from '../../../src/core/scheduler/state-folder';

const { M2AT_STATE } = process.env;
let own = '';

// No test of any file writes into the state of the user who runs them.
before(async () => {
  own = await mkdtemp(path.join(tmpdir(), 'm2at-state-'));
  process.env.M2AT_STATE = own;
});
after(async () => {
  if (M2AT_STATE === undefined) delete process.env.M2AT_STATE;
  else process.env.M2AT_STATE = M2AT_STATE;
  await rm(own, { recursive: true, force: true });
});

describe('the folder of what a machine is computing', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'm2at-private-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('follows M2AT_STATE, then the platform', () => {
    assert.equal(stateFolder({ M2AT_STATE: 'here' }), path.resolve('here'));
    const base = path.resolve('/x');
    assert.equal(stateFolder({ XDG_STATE_HOME: base }, 'linux'), path.join(base, 'm2at'));
    assert.match(stateFolder({ XDG_STATE_HOME: 'relative' }, 'linux'), /\.local[\\/]state[\\/]m2at$/);
    assert.match(stateFolder({}, 'darwin'), /Library[\\/]Application Support[\\/]m2at$/);
    assert.equal(stateFolder({ LOCALAPPDATA: base }, 'win32'), path.join(base, 'm2at', 'State'));
  });

  it('is the user\u2019s alone, or not believed', async function () {
    if (process.getuid === undefined) this.skip();
    const mine = path.join(folder, 'mine');
    await makePrivateFolder(mine);
    assert.ok(await isPrivateFolder(mine));
    await chmod(mine, 0o777);
    await assert.rejects(makePrivateFolder(mine), /can be written to by others/);
    const link = path.join(folder, 'link');
    await mkdir(path.join(folder, 'elsewhere'), { mode: 0o700 });
    await symlink(path.join(folder, 'elsewhere'), link);
    await assert.rejects(makePrivateFolder(link), /no folder, or a link/);
  });

  it('names a socket that every system takes, whatever the path of the job', async function () {
    if (process.platform === 'win32') this.skip();
    const job = path.join(folder, 'x'.repeat(200), 'jobs', 'one');
    const runtime = path.join(folder, 'runtime');
    await mkdir(runtime, { mode: 0o700 });
    const inside = await controlPath(job, { environment: { XDG_RUNTIME_DIR: runtime } });
    assert.equal(path.dirname(inside), path.join(runtime, 'm2at'));
    assert.notEqual(inside, await controlPath(`${job}2`, { environment: { XDG_RUNTIME_DIR: runtime } }));
    const long = path.join(folder, 'y'.repeat(90));
    await mkdir(long, { mode: 0o700 });
    for (const environment of [{ XDG_RUNTIME_DIR: long }, { XDG_RUNTIME_DIR: 'relative' }, {}]) {
      const file = await controlPath(job, { environment });
      assert.ok(Buffer.byteLength(file) <= 100, file);
      assert.ok(await isPrivateFolder(path.dirname(file)));
    }
    assert.match(await controlPath(job, { platform: 'win32' }), /^\\\\\.\\pipe\\m2at-[0-9a-f]{24}$/);
  });
});
