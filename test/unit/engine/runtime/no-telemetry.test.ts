import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { bareEnvironment, type BareEnvironment } from '../../../support/bare-environment';
import { root } from '../../../support/root';

const builtFiles = ['worker.js', 'cli.js', 'tiny-runs-child.js'];
const hasStrace = spawnSync('strace', ['-V']).status === 0;

/** Starts ONNX Runtime without our module: it creates its environment, and only then sees that this is no model. */
const bareRuntime = [
  '-e',
  `const ort = require(process.argv[1] + '/node_modules/onnxruntime-node');
  ort.InferenceSession.create(new Uint8Array(4)).catch(() => undefined);`,
  root,
];

describe('no telemetry', () => {
  let folder = '';
  let bare: BareEnvironment;
  beforeEach(async () => {
    folder = await realpath(await mkdtemp(path.join(tmpdir(), 'm2at-telemetry-')));
    bare = await bareEnvironment(folder);
    await mkdir(path.join(folder, 'root'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  function run(command: string, args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync(command, args, {
      cwd: path.join(folder, 'root'),
      env: bare.env,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    return stdout;
  }

  async function left(): Promise<string[]> {
    const found = [bare.home, bare.temporary].map((made) => readdir(made, { recursive: true }));
    return (await Promise.all(found)).flat();
  }

  it('a training and an attack leave nothing in an empty home, nor among temporary files', async () => {
    // Whatever somebody set it to.
    bare.env.ORT_DISABLE_TELEMETRY = '0';
    assert.equal(run(process.execPath, [path.join(__dirname, 'tiny-runs-child.js')]), 'done\n');
    assert.deepEqual(await left(), []);
    assert.equal((await readdir(path.join(folder, 'root', '.m2at', 'runs'))).length, 2);
  });

  it('the command line, which tries every device, leaves nothing either', async () => {
    run(process.execPath, [path.join(__dirname, 'cli.js'), 'devices']);
    assert.deepEqual(await left(), []);
  });

  it('the runtime by itself would leave its files, so the tests above can fail', async function () {
    if (process.platform !== 'linux') this.skip();
    run(process.execPath, bareRuntime);
    assert.match((await left()).join('\n'), /onnxruntime/);
  });

  describe('as strace sees it', () => {
    before(function () {
      if (!hasStrace) this.skip();
    });

    async function traced(...args: readonly string[]): Promise<string[]> {
      const log = path.join(folder, 'strace.log');
      const calls =
        'trace=network,open,openat,openat2,creat,mkdir,mkdirat,rename,renameat,renameat2,symlink,link';
      run('strace', ['-f', '-qq', '-s', '512', '-e', calls, '-o', log, process.execPath, ...args]);
      return (await readFile(log, 'utf8')).split('\n');
    }

    /** Sockets of the internet, what is read to find a host or to know the machine, and files outside of the runs. */
    const isOurs = (line: string): boolean => {
      if (/AF_INET|\/etc\/(resolv\.conf|hosts|machine-id)|nscd/.test(line)) return false;
      if (!/O_WRONLY|O_RDWR|O_CREAT|\b(creat|mkdir|mkdirat|rename\w*|symlink|link)\(/.test(line)) return true;
      return /"(\.\/)?\.m2at\b|\/root\/\.m2at\b|"\/dev\/(null|tty)"/.test(line);
    };

    it('they resolve no name, open no socket of the internet, and write into their runs alone', async () => {
      const lines = await traced(path.join(__dirname, 'tiny-runs-child.js'));
      assert.ok(lines.some((line) => line.includes('metrics.jsonl')));
      assert.deepEqual(
        lines.filter((line) => !isOurs(line)),
        [],
      );
    });

    it('the runtime by itself would not', async () => {
      const lines = (await traced(...bareRuntime)).filter((line) => !isOurs(line));
      for (const trace of [/machine-id/, /deviceid/, /onnxruntime\.db/])
        assert.ok(
          lines.some((line) => trace.test(line)),
          String(trace),
        );
    });
  });

  it('every bundle that loads the runtime sets the variable before', async () => {
    for (const name of builtFiles) {
      const text = await readFile(path.join(__dirname, name), 'utf8');
      const set = text.indexOf('process.env.ORT_DISABLE_TELEMETRY = ');
      assert.ok(set > 0, name);
      assert.ok(set < text.indexOf('require("onnxruntime-node")'), name);
    }
  });

  it('a thread that is about to load the runtime is refused', async () => {
    const thread = new Worker(path.join(__dirname, 'cli.js'), { argv: ['devices'], stdout: true });
    const [shown] = await Promise.all([text(thread.stdout), once(thread, 'exit')]);
    for (const device of ['onnx-cpu', 'onnx-cuda']) {
      assert.match(shown, new RegExp(`✗ ${device} .*ONNX Runtime was about to be loaded by a thread`));
    }
  });
});
