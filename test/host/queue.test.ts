import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import * as vscode from 'vscode';
import { isOver } from '../../src/core/records/run-state';
import { showQueue } from '../../src/core/scheduler/queue';
import { commands, type SettingKey } from '../../src/extension/contributions';
import { askWhetherToGoOn } from '../../src/extension/commands/ask-whether-to-go-on';
import { RememberedRoots } from '../../src/extension/runs/remembered-roots';
import { Runs } from '../../src/extension/runs/runs';
import { createLog } from '../../src/extension/show/log';
import { Jobs } from '../../src/extension/worker/jobs';
import { answering, askUser } from './answers';
import { activated, recordWhen, tinyExperiment, when, workspaceFolder, writeText } from './workspace';

describe('runs that wait for their turn', function () {
  this.timeout(180_000);
  const perDevice: SettingKey = 'm2at.runsPerDevice';

  async function queueWhen(wanted: readonly string[]): Promise<void> {
    const { onDidChangeQueue, queue } = await activated();
    await when(onDidChangeQueue, () => (queue().join() === wanted.join() ? true : undefined));
  }

  async function start(name: string, epochs: number): Promise<unknown> {
    const file = await writeText(`${name}.m2at.json`, tinyExperiment(name, epochs));
    return vscode.commands.executeCommand(commands.startTraining, file);
  }

  /** Id of the job of this title. */
  async function idOf(title: string): Promise<string> {
    const job = (await showQueue()).waiting.find(({ record }) => record.title === title);
    assert.ok(job, `${title} does not wait`);
    return job.folder.replace(/.*[/\\]/, '');
  }

  async function runWhen(name: string, status: 'running' | 'over'): Promise<string> {
    const { onDidChangeRuns, runs } = await activated();
    return when(onDidChangeRuns, () => {
      const record = runs().find((run) => run.name === name);
      const fits = record && (status === 'over' ? isOver(record) : record.status === 'running');
      return fits ? record.id : undefined;
    });
  }

  it('begin one after the other, in the order that the user gives them', async () => {
    const first = await start('queue-first', 20_000);
    assert.ok(typeof first === 'string');
    await recordWhen(first, ({ status }) => status === 'running');
    for (const name of ['queue-a', 'queue-b', 'queue-c']) assert.equal(await start(name, 1), undefined);
    await queueWhen(['queue-a', 'queue-b', 'queue-c']);

    await vscode.commands.executeCommand(commands.moveWaitingUp, { waitingId: await idOf('queue-c') });
    await vscode.commands.executeCommand(commands.moveWaitingDown, await idOf('queue-a'));
    await queueWhen(['queue-c', 'queue-a', 'queue-b']);
    await vscode.commands.executeCommand(commands.removeWaiting, await idOf('queue-a'));
    await queueWhen(['queue-c', 'queue-b']);

    // It does what the file said when it was started.
    await writeText('queue-b.m2at.json', tinyExperiment('queue-edited', 1));
    await vscode.commands.executeCommand(commands.stopRun, first);
    await recordWhen(first, isOver);
    const c = await runWhen('queue-c', 'over');
    const b = await runWhen('queue-b', 'over');
    assert.ok((await recordWhen(c, isOver)).startedAt < (await recordWhen(b, isOver)).startedAt);
    const { runs } = await activated();
    assert.deepEqual(
      runs().filter(({ name }) => name === 'queue-a' || name === 'queue-edited'),
      [],
    );
    await queueWhen([]);
  });

  it('are put there by command lines, too, and a window asks about those that went on without one', async () => {
    const file = await writeText('alone.m2at.json', tinyExperiment('alone', 20_000));
    const cli = path.join(path.dirname(__dirname), 'dist', 'cli.js');
    const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
    const args = ['train', '--queue', file.fsPath];
    const child = fork(cli, args, { cwd: workspaceFolder().fsPath, execArgv: [], env, stdio: 'ignore' });
    await once(child, 'exit');
    assert.equal(child.exitCode, 0);
    const id = await runWhen('alone', 'running');

    // A window that is opened next, as far as what it knows goes.
    const configuration = vscode.workspace.getConfiguration();
    const whenAlone: SettingKey = 'm2at.whenAlone';
    await configuration.update(whenAlone, 'ask', vscode.ConfigurationTarget.Global);
    const asked: unknown[] = [];
    answering('showInformationMessage', (text) => {
      asked.push(text);
      return 'Stop';
    });
    const log = createLog('Another window');
    const memory = { get: () => undefined, update: () => Promise.resolve() };
    const runs = new Runs(log, new RememberedRoots(memory));
    const jobs = new Jobs('none.js', runs, log);
    try {
      await runs.refresh();
      const found = when(
        (changed) => jobs.onDidFind((job) => void askWhetherToGoOn({ jobs, runs }, job).then(changed)),
        () => (asked.length > 0 ? asked : undefined),
      );
      await jobs.watchOthers();
      assert.match(String((await found)[0]), /^alone went on while no window was open/);
      assert.equal((await recordWhen(id, isOver)).status, 'stopped');
    } finally {
      askUser();
      await configuration.update(whenAlone, undefined, vscode.ConfigurationTarget.Global);
      jobs.dispose();
      runs.dispose();
      log.dispose();
    }
  });

  it('begin at once when the user says so, or lets a device have more of them', async () => {
    const first = await start('busy', 20_000);
    assert.ok(typeof first === 'string');
    await recordWhen(first, ({ status }) => status === 'running');
    const ids = [first];
    for (const name of ['impatient', 'second', 'third']) assert.equal(await start(name, 20_000), undefined);
    await vscode.commands.executeCommand(commands.startWaiting, await idOf('impatient'));
    ids.push(await runWhen('impatient', 'running'));
    await queueWhen(['second', 'third']);

    const configuration = vscode.workspace.getConfiguration();
    await configuration.update(perDevice, 3, vscode.ConfigurationTarget.Global);
    try {
      ids.push(await runWhen('second', 'running'));
      await queueWhen(['third']);
      // What waits does not begin when everything is stopped.
      await vscode.commands.executeCommand(commands.stopAllRuns);
      for (const id of ids) await recordWhen(id, isOver);
      await queueWhen([]);
      const { runs } = await activated();
      assert.ok(!runs().some(({ name }) => name === 'third'));
    } finally {
      await configuration.update(perDevice, 1, vscode.ConfigurationTarget.Global);
      await configuration.update(perDevice, undefined, vscode.ConfigurationTarget.Global);
    }
  });
});
