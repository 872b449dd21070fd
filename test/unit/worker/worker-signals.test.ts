import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runWorker, type WorkerAnswer } from '../../../src/extension/worker/run-worker';
import { workerRequests } from '../../../src/protocol/worker-protocol';
import { stuckMark, stuckScript } from '../../support/stuck';

/** The real worker under its real supervisor. */
describe('a signal to a worker', () => {
  const script = path.join(__dirname, 'worker.js');
  let folder = '';
  const { NODE_OPTIONS } = process.env;
  before(async function () {
    // Windows has no signals to send.
    if (process.platform === 'win32') this.skip();
    folder = await mkdtemp(path.join(tmpdir(), 'm2at-worker-signals-'));
  });
  afterEach(() => {
    if (NODE_OPTIONS === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = NODE_OPTIONS;
  });
  after(() => rm(folder, { recursive: true, force: true }));

  function send(job: WorkerAnswer<unknown>, signal: NodeJS.Signals): void {
    assert.ok(job.pid);
    process.kill(job.pid, signal);
  }

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`${signal} ends it while there is nothing to save, whatever call it is in`, async () => {
      const file = path.join(folder, 'model.json');
      await writeFile(file, JSON.stringify({ name: stuckMark }));
      process.env.NODE_OPTIONS = `--require ${JSON.stringify(await stuckScript(folder, 'loop'))}`;
      const job = runWorker({
        ...{ script, cwd: folder, request: workerRequests.inspectModel, params: { checkpoint: file } },
        onProgress: () => undefined,
        onOutput: (line) => {
          if (line.startsWith('stuck')) send(job, signal);
        },
      });
      await assert.rejects(job.result, new RegExp(`by signal ${signal}`));
      await job.ended;
    });
  }
});
