import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { endOf, lineOf, type End } from '../../support/child-lines';
import { silentServerScript, stuckMark, stuckScript, type Stuck } from '../../support/stuck';
import { writeArrays, writeOnnxModel } from '../../support/tiny-models';

/** The command line as a process of its own, and signals. */
describe('a signal to the command line', () => {
  let folder = '';
  let child: ChildProcess | undefined;
  before(async function () {
    // Windows has no signals to send.
    if (process.platform === 'win32') this.skip();
    folder = await mkdtemp(path.join(tmpdir(), 'm2at-signals-'));
  });
  afterEach(() => child?.kill('SIGKILL'));
  after(() => rm(folder, { recursive: true, force: true }));

  const root = (): string[] => ['--root', folder];

  /** Sends a signal once the process has written a line. */
  async function signalled(
    args: readonly string[],
    line: RegExp,
    signal: NodeJS.Signals,
    preload?: string,
  ): Promise<End> {
    const node = [...(preload === undefined ? [] : ['--require', preload]), path.join(__dirname, 'cli.js')];
    child = spawn(process.execPath, [...node, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, M2AT_CACHE: path.join(folder, 'cache') },
    });
    const end = endOf(child);
    await lineOf(child.stderr, line);
    child.kill(signal);
    return end;
  }

  const stuck: readonly (readonly [Stuck, NodeJS.Signals])[] = [
    ['loop', 'SIGINT'],
    ['loop', 'SIGHUP'],
    ['native', 'SIGTERM'],
  ];
  for (const [how, signal] of stuck) {
    it(`${signal} ends it at once while a load is stuck in one call (${how})`, async () => {
      const model = path.join(folder, 'model.json');
      await writeFile(model, JSON.stringify({ name: stuckMark }));
      const preload = await stuckScript(folder, how);
      assert.deepEqual(await signalled(['attack', model, ...root()], /^stuck/, signal, preload), {
        code: null,
        signal,
      });
    });
  }

  it('ends an evaluation, which has nothing to save, while a network is loaded', async () => {
    const model = path.join(folder, 'model.json');
    await writeFile(model, JSON.stringify({ name: stuckMark }));
    const { images, labels } = await writeArrays(folder, 4);
    const args = ['evaluate', model, '--images', images, '--labels', labels, ...root()];
    const end = await signalled(args, /^stuck/, 'SIGINT', await stuckScript(folder, 'loop'));
    assert.deepEqual(end, { code: null, signal: 'SIGINT' });
  });

  it('ends a download at once, and leaves no half of a data set', async () => {
    const cache = path.join(folder, 'cache');
    const preload = await silentServerScript(folder);
    const end = await signalled(['data', 'fetch', 'cifar10'], /^stuck/, 'SIGINT', preload);
    assert.deepEqual(end, { code: null, signal: 'SIGINT' });
    assert.ok(!(await readdir(cache)).includes('cifar-10-batches-bin'));
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`${signal} has an open run saved, and the exit code says so`, async () => {
      const model = await writeOnnxModel(path.join(folder, 'colours.onnx'));
      const { images, labels } = await writeArrays(folder, 64);
      const attack = ['--attack', 'pgd', '--eps', '0.01', '--steps', '10000', '--restarts', '100'];
      const args = ['attack', model, '--images', images, '--labels', labels, ...attack, ...root()];
      assert.deepEqual(await signalled(args, /Attacking /, signal), { code: 130, signal: null });
      const runs = path.join(folder, '.m2at', 'runs');
      const [id = ''] = (await readdir(runs)).sort().reverse();
      assert.match(await readFile(path.join(runs, id, 'run.json'), 'utf8'), /"status": "stopped"/);
    });
  }
});
