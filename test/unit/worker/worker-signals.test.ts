import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runWorker, type WorkerJob } from '../../../src/extension/worker/run-worker';
import { workerRequests, type AttackRequest } from '../../../src/protocol/worker-protocol';
import { stuckMark, stuckScript } from '../../support/stuck';
import { writeArrays, writeOnnxModel } from '../../support/tiny-models';
import { requested } from '../attacks/named';

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

  function send(job: WorkerJob<unknown>, signal: NodeJS.Signals): void {
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
        onEvent: () => undefined,
        onOutput: (line) => {
          if (line.startsWith('stuck')) send(job, signal);
        },
      });
      await assert.rejects(job.result, new RegExp(`by signal ${signal}`));
      await job.ended;
    });
  }

  it('SIGINT leaves an open run alone, SIGTERM has it saved', async () => {
    const params: AttackRequest = {
      ...{ root: folder, checkpoint: await writeOnnxModel(path.join(folder, 'colours.onnx')) },
      ...{ arrays: await writeArrays(folder, 64), seed: 0, device: 'onnx-cpu', threads: 1 },
      attacks: [requested({ name: 'pgd', epsilon: 0.01, steps: 10_000, restarts: 100 })],
    };
    const job = runWorker({
      ...{ script, cwd: folder, request: workerRequests.attack, params },
      onEvent: ({ event }) => {
        if (event.type !== 'log' || !event.text.startsWith('Attacking')) return;
        send(job, 'SIGINT');
        send(job, 'SIGTERM');
      },
      onOutput: () => undefined,
    });
    const message = await job.result.then(
      () => 'stopped',
      (error: unknown) => String(error),
    );
    assert.doesNotMatch(message, /signal/);
    await job.ended;
    const runs = path.join(folder, '.m2at', 'runs');
    const [id = ''] = await readdir(runs);
    assert.match(await readFile(path.join(runs, id, 'run.json'), 'utf8'), /"status": "stopped"/);
  });
});
