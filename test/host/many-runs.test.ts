import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { sealJson } from '../../src/core/files/sealed-json';
import type { RunRecord } from '../../src/core/records/run-files';
import { isOver } from '../../src/core/records/run-state';
import { RememberedRoots } from '../../src/extension/runs/remembered-roots';
import { Runs } from '../../src/extension/runs/runs';
import { createLog } from '../../src/extension/show/log';
import { Jobs } from '../../src/extension/worker/jobs';
import { reportMark } from '../support/vscode/host-report';
import { activated, runPath, tinyExperiment, when, workspaceFolder, writeText } from './workspace';

const OVER = 200;
const ALIVE = 3;
/** On a machine that does nothing else it takes a tenth of this, ms. */
const LONGEST = 5000;

describe('a window on many runs', () => {
  const ids = Array.from({ length: OVER }, (_, n) => `2020-01-01-000000-many-${String(n).padStart(4, '0')}`);
  const children: ChildProcess[] = [];
  afterEach(async () => {
    for (const child of children) child.kill('SIGINT');
    const going = children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    await Promise.all(going.map((child) => once(child, 'exit')));
    for (const id of ids) await rm(runPath(id), { recursive: true, force: true });
  });

  it('finds all of them, and those that go on, in less than a second', async () => {
    for (const id of ids) {
      const record: RunRecord = {
        ...{ version: 1, id, kind: 'train', name: id, status: 'done', versions: {} },
        ...{ startedAt: '2020-01-01T00:00:00.000Z', endedAt: '2020-01-01T00:01:00.000Z' },
        ...{ progress: { step: 2, steps: 2, epoch: 1, epochs: 1 }, cleanAccuracy: 0.5, robustAccuracy: 0.25 },
      };
      await mkdir(runPath(id), { recursive: true });
      await writeFile(runPath(id, 'run.json'), sealJson(`${JSON.stringify(record, undefined, 2)}\n`));
    }
    const { onDidChangeRuns, runs: known } = await activated();
    const cli = path.join(path.dirname(__dirname), 'dist', 'cli.js');
    for (let n = 0; n < ALIVE; n++) {
      const file = await writeText(`alive-${n}.m2at.json`, tinyExperiment(`alive ${n}`, 20_000));
      const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
      const args = ['train', file.fsPath, '--threads', '1'];
      children.push(fork(cli, args, { cwd: workspaceFolder().fsPath, execArgv: [], env, stdio: 'ignore' }));
    }
    const alive = (): RunRecord[] =>
      known().filter((record) => record.name.startsWith('alive') && record.status === 'running');
    await when(onDidChangeRuns, () => alive().length === ALIVE || undefined);

    // A second window, as far as what it knows goes.
    const memory = { get: () => undefined, update: () => Promise.resolve() };
    const log = createLog('Many runs');
    const cpu = process.cpuUsage();
    const start = performance.now();
    const runs = new Runs(log, new RememberedRoots(memory));
    const jobs = new Jobs('none.js', runs, log);
    try {
      await runs.refresh();
      void jobs.watchOthers();
      await when(
        (changed) => vscode.Disposable.from(runs.onDidChangeList(changed), jobs.onDidChange(changed)),
        () => {
          const live = runs.list().filter(({ record, live }) => live && !isOver(record));
          return (runs.list().length >= OVER + ALIVE && live.length === ALIVE) || undefined;
        },
      );
      const took = performance.now() - start;
      const { user, system } = process.cpuUsage(cpu);
      const times = `${took.toFixed(0)} ms, ${((user + system) / 1000).toFixed(0)} ms of CPU time`;
      console.log(`${reportMark}      ${runs.list().length} runs, ${ALIVE} of them alive: ${times}`);
      assert.ok(took < LONGEST, `${took} ms`);
    } finally {
      jobs.dispose();
      runs.dispose();
      log.dispose();
    }
  });
});
