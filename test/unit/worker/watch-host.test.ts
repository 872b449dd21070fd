import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { workerRequests } from '../../../src/protocol/worker-protocol';
import { endOf, lineOf } from '../../support/child-lines';
import { stuckMark, stuckScript } from '../../support/stuck';

const jsonrpc = createRequire(__filename).resolve('vscode-jsonrpc/node');

/** A host that forks a script, as the extension host forks the worker, and asks it for something. */
const hostCode = `
  const [script, args, method, params] = JSON.parse(process.argv[1]);
  const child = require('node:child_process').fork(script, args, { serialization: 'advanced' });
  if (method) {
    const rpc = require(${JSON.stringify(jsonrpc)});
    const connection = rpc.createMessageConnection(new rpc.IPCMessageReader(child), new rpc.IPCMessageWriter(child));
    connection.listen();
    connection.sendRequest(method, params).catch(() => undefined);
  }`;

/**
 * Hosts that are killed while their worker is in the middle of a call. A host's end is waited for with that of whoever
 * has inherited its streams, which is the worker.
 */
describe('a worker whose host is gone', () => {
  let folder = '';
  let host: ChildProcess | undefined;
  let worker = 0;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'm2at-watch-'));
  });
  afterEach(() => {
    host?.kill('SIGKILL');
    try {
      if (worker > 0) process.kill(worker, 'SIGKILL');
    } catch {
      // It is gone, as it should.
    }
    worker = 0;
  });
  after(() => rm(folder, { recursive: true, force: true }));

  interface Asked {
    readonly script: string;
    readonly args?: readonly string[];
    readonly method?: string;
    readonly params?: object;
    readonly preload?: string;
  }

  function start({ script, args = [], method, params, preload }: Asked): {
    readonly started: ChildProcess;
    readonly end: Promise<unknown>;
  } {
    const asked = JSON.stringify([path.join(__dirname, script), args, method, params]);
    const options = preload === undefined ? {} : { NODE_OPTIONS: `--require ${JSON.stringify(preload)}` };
    const started = spawn(process.execPath, ['-e', hostCode, asked], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options },
    });
    host = started;
    return { started, end: endOf(started) };
  }

  /** Kills the host once its worker is stuck; resolves to the milliseconds until the worker has ended. */
  async function lifeAfterHost(asked: Asked): Promise<number> {
    const { started, end } = start(asked);
    const [, pid] = await lineOf(started.stderr, /^stuck (\d+)/);
    worker = Number(pid);
    const killedAt = performance.now();
    started.kill('SIGKILL');
    await end;
    return performance.now() - killedAt;
  }

  for (const how of ['loop', 'native'] as const) {
    it(`ends although an inspection is stuck in one call (${how})`, async () => {
      const file = path.join(folder, 'model.json');
      await writeFile(file, JSON.stringify({ name: stuckMark }));
      const preload = await stuckScript(folder, how);
      await lifeAfterHost({
        ...{ script: 'worker.js', preload },
        ...{ method: workerRequests.inspectModel.method, params: { checkpoint: file } },
      });
    });
  }

  it('ends although its main thread is in one call for ever', async () => {
    await lifeAfterHost({ script: 'watched-child.js' });
  });
});
