import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import * as z from 'zod';
import { M2atError } from '../../../src/core/errors';
import { MAX_LINE_BYTES, MAX_OUTPUT } from '../../../src/extension/worker/output-lines';
import { runWorker, type WorkerAnswer } from '../../../src/extension/worker/run-worker';
import type { RunProgress } from '../../../src/core/progress';

const jsonrpc = createRequire(__filename).resolve('vscode-jsonrpc/node');

/** The supervisor against real processes that behave in every way a worker can. */
describe('runWorker', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'm2at-supervisor-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const serving = `
    const rpc = require(${JSON.stringify(jsonrpc)});
    const connection = rpc.createMessageConnection(new rpc.IPCMessageReader(process), new rpc.IPCMessageWriter(process));
  `;

  interface Started {
    readonly job: WorkerAnswer<string>;
    readonly events: RunProgress[];
    readonly lines: string[];
  }

  const work = { method: 'work', params: z.object({ value: z.int().optional() }), answer: z.string() };
  let count = 0;
  async function start(
    source: string,
    onLine: (line: string, job: WorkerAnswer<string>) => void = () => undefined,
  ): Promise<Started> {
    const script = path.join(folder, `worker-${count++}.cjs`);
    await writeFile(script, source);
    const events: RunProgress[] = [];
    const lines: string[] = [];
    const job: WorkerAnswer<string> = runWorker({
      script,
      cwd: folder,
      request: work,
      params: { value: 1 },
      onProgress: (progress) => events.push(progress),
      onOutput: (line) => {
        lines.push(line);
        onLine(line, job);
      },
    });
    return { job, events, lines };
  }

  const rejects = (job: WorkerAnswer<string>, pattern: RegExp): Promise<void> =>
    assert.rejects(job.result, (error: unknown) => {
      assert.ok(error instanceof M2atError);
      assert.match(error.message, pattern);
      return true;
    });

  it('returns the answer and lets the process end', async () => {
    const { job } = await start(`${serving}
      connection.onRequest('work', ({ value }) => 'answer ' + value);
      connection.listen();`);
    assert.equal(await job.result, 'answer 1');
    await job.ended;
  });

  it('reports the exit code and the last error lines of a crash', async () => {
    const { job, lines } = await start(
      `console.error('first'); console.error('the disk is on fire'); process.exitCode = 7; process.disconnect();`,
    );
    await rejects(job, /exit code 7 before it answered[^]*the disk is on fire/);
    assert.deepEqual(lines.slice(0, 2), ['first', 'the disk is on fire']);
  });

  it('a worker that writes 512 MB without a line break takes no memory', async () => {
    const before = process.memoryUsage().rss;
    const { job, lines } = await start(`
      const { writeSync } = require('node:fs');
      const bytes = Buffer.alloc(2 ** 20, 'x');
      const write = (stream, bytes) => {
        for (let at = 0; at < bytes.length; ) {
          try {
            at += writeSync(stream, bytes, at);
          } catch (error) {
            if (error.code !== 'EAGAIN') throw error;
          }
        }
      };
      for (let n = 0; n < 512; n++) write(n % 2 ? 1 : 2, bytes);
      write(2, Buffer.from('\\nthe disk is on fire\\r\\n'));
      process.exit(7);`);
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss - before);
    }, 20);
    await rejects(
      job,
      /exit code 7 before it answered[^]*\n {2}x{100,500}…?\n {2}the disk is on fire$/,
    ).finally(() => {
      clearInterval(watch);
    });
    assert.ok(most < 100 * 2 ** 20, `${most} bytes more`);
    assert.deepEqual(
      lines.map((line) => line.length).sort((a, b) => a - b),
      [
        'the disk is on fire'.length,
        ...Array<number>(2).fill(MAX_LINE_BYTES + ' … (the rest of this line was left out)'.length),
      ],
    );
    assert.match(
      lines.find((line) => line.startsWith('x')) ?? '',
      /^x+ … \(the rest of this line was left out\)$/,
    );
  });

  it('a worker that writes lines without an end fills the log up to a limit', async () => {
    const { job, lines } = await start(`
      const { writeSync } = require('node:fs');
      const bytes = Buffer.from(('y'.repeat(9999) + '\\n').repeat(100));
      for (let n = 0; n < 25; n++) {
        for (let at = 0; at < bytes.length; ) {
          try {
            at += writeSync(1, bytes, at);
          } catch (error) {
            if (error.code !== 'EAGAIN') throw error;
          }
        }
      }
      process.exit(0);`);
    await rejects(job, /exit code 0/);
    assert.match(lines.at(-1) ?? '', /^More than 16777216 characters were written: the rest is left out\.$/);
    assert.equal(lines.length, Math.ceil(MAX_OUTPUT / 9999));
  });

  it('progress that is nested deep is told, and harms nothing', async () => {
    const { job, lines } = await start(`${serving}
      let deep = 'end';
      for (let n = 0; n < 900; n++) deep = { deep };
      connection.onRequest('work', async () => {
        await connection.sendNotification('m2at/progress', { phase: 'load', done: deep });
        await connection.sendNotification('m2at/progress', deep);
        return deep;
      });
      connection.listen();`);
    await rejects(job, /The worker's answer to work is not valid/);
    assert.equal(lines.filter((line) => line.includes('progress that is not valid')).length, 2);
  });

  it('reports a crash in the middle of a request', async () => {
    const { job } = await start(`${serving}
      connection.onRequest('work', () => { process.abort(); });
      connection.listen();`);
    await rejects(job, process.platform === 'win32' ? /exit code/ : /signal SIGABRT/);
  });

  it('reports a script that is not there', async () => {
    const job = runWorker({
      script: path.join(folder, 'none.cjs'),
      cwd: folder,
      request: work,
      params: {},
      onProgress: () => undefined,
      onOutput: () => undefined,
    });
    await rejects(job, /exit code 1[^]*none\.cjs/);
  });

  it('reports a working directory that is not there', async () => {
    const job = runWorker({
      script: path.join(folder, 'none.cjs'),
      cwd: path.join(folder, 'nowhere'),
      request: work,
      params: {},
      onProgress: () => undefined,
      onOutput: () => undefined,
    });
    await rejects(job, /could not be started/);
  });

  it('settles when it is killed', async () => {
    const { job } = await start(
      `${serving}
      connection.onRequest('work', () => new Promise(() => { console.log('working'); }));
      connection.listen();`,
      (line, running) => {
        if (line === 'working') running.kill();
      },
    );
    await rejects(job, /SIGKILL/);
    await job.ended;
  });

  it('carries a structured error whole', async () => {
    const { job } = await start(`${serving}
      connection.onRequest('work', () =>
        new rpc.ResponseError(-32000, 'x', { code: 'data', what: 'is truncated', where: 'cifar', hint: 'Fetch it again.' }));
      connection.listen();`);
    await assert.rejects(job.result, (error: unknown) => {
      assert.ok(error instanceof M2atError);
      assert.deepEqual(
        [error.code, error.what, error.where, error.hint],
        ['data', 'is truncated', 'cifar', 'Fetch it again.'],
      );
      return true;
    });
  });

  it('refuses an answer of another form', async () => {
    const { job } = await start(`${serving}
      connection.onRequest('work', () => 42);
      connection.listen();`);
    await rejects(job, /answer to work is not valid/);
  });

  it('hands over valid progress, and reports what is none', async () => {
    const progress: RunProgress = { phase: 'load', done: 1, total: 2, unit: 'files' };
    const { job, events, lines } = await start(`${serving}
      connection.onRequest('work', async () => {
        await connection.sendNotification('m2at/progress', ${JSON.stringify(progress)});
        await connection.sendNotification('m2at/progress', { phase: 'nonsense' });
        return 'done';
      });
      connection.listen();`);
    assert.equal(await job.result, 'done');
    assert.deepEqual(events, [progress]);
    assert.ok(lines.some((line) => line.includes('not valid')));
  });
});
