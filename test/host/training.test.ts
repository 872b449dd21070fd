import assert from 'node:assert/strict';
import { access, readFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import * as z from 'zod';
import { parseMetricLine } from '../../src/core/runs/metrics-file';
import { attackReport } from '../../src/core/records/run-files';
import { isOver } from '../../src/core/records/run-state';
import { readSealed } from '../support/run-json';
import { commands } from '../../src/extension/contributions';
import { answering, askUser } from './answers';
import {
  activated,
  dashboardTab,
  recordWhen,
  runFolders,
  runPath,
  tinyExperiment,
  when,
  writeText,
} from './workspace';

/** Starts a run and returns its id. */
async function start(file: vscode.Uri): Promise<string> {
  const id: unknown = await vscode.commands.executeCommand(commands.startTraining, file);
  assert.ok(typeof id === 'string', 'no run was started');
  return id;
}

/** Waits until a lens of the file has such a title. */
async function lensWhen(file: vscode.Uri, condition: (title: string) => boolean): Promise<void> {
  const { onDidChangeRuns } = await activated();
  await vscode.window.showTextDocument(file, { preserveFocus: true });
  await when(
    (changed) =>
      vscode.Disposable.from(onDidChangeRuns(changed), vscode.workspace.onDidChangeTextDocument(changed)),
    async () => {
      const found: unknown = await vscode.commands.executeCommand('vscode.executeCodeLensProvider', file);
      const lenses = z.array(z.object({ command: z.object({ title: z.string() }) })).parse(found);
      return lenses.map(({ command }) => command.title).find(condition);
    },
  );
}

describe('a training run', () => {
  let finished = '';

  it('is started from an experiment file, opens its dashboard and ends with a checkpoint', async () => {
    finished = await start(await writeText('tiny.m2at.json', tinyExperiment('tiny', 1)));
    const tab = await dashboardTab('tiny');
    assert.equal(tab.label, 'tiny');
    const record = await recordWhen(finished, isOver);
    assert.deepEqual([record.status, record.message], ['done', undefined]);
    assert.equal(record.progress?.step, 2);
    assert.ok(record.deviceDetails?.provider);
    const log = await readFile(runPath(finished, 'log.txt'), 'utf8');
    assert.doesNotMatch(log, /prepared between the steps/, 'batches come from a thread');

    const lines = (await readFile(runPath(finished, 'metrics.jsonl'), 'utf8')).trimEnd().split('\n');
    const rows = lines.map((line) => parseMetricLine(line)?.row);
    assert.ok(rows.some((row) => row?.kind === 'step'));
    const last = rows.findLast((row) => row?.kind === 'evaluation');
    assert.ok(last?.kind === 'evaluation' && last.final);
    assert.equal(record.robustAccuracy, last.robustAccuracy);
    await access(runPath(finished, 'checkpoints', 'last', 'model.json'));
  });

  it('is told of when it has ended only where its dashboard is not in sight', async () => {
    const told: string[] = [];
    const tells = new vscode.EventEmitter<void>();
    answering('showInformationMessage', (text) => {
      told.push(String(text));
      tells.fire();
    });
    try {
      for (const [name, inSight] of [
        ['seen', true],
        ['unseen', false],
      ] as const) {
        const id = await start(await writeText(`${name}.m2at.json`, tinyExperiment(name, 1)));
        const tab = await dashboardTab(name);
        if (!inSight) await vscode.window.tabGroups.close(tab);
        await recordWhen(id, isOver);
      }
      await when(tells.event, () => told.find((text) => text.startsWith('unseen: clean ')));
      assert.deepEqual(
        told.filter((text) => text.startsWith('seen: ')),
        [],
      );
    } finally {
      askUser();
      tells.dispose();
    }
  });

  it('leaves a checkpoint that can be attacked from the explorer', async () => {
    const model = vscode.Uri.file(runPath(finished, 'checkpoints', 'last', 'model.json'));
    const attacks = [{ name: 'fgsm' }, { name: 'pgd', steps: 3 }];
    const id: unknown = await vscode.commands.executeCommand(commands.attackCheckpoint, model, [model], {
      attacks,
      count: 20,
    });
    assert.ok(typeof id === 'string', 'no attack was started');
    const record = await recordWhen(id, isOver);
    assert.deepEqual([record.status, record.message, record.kind], ['done', undefined, 'attack']);
    const report = attackReport.parse(await readSealed(runPath(id, 'report.json')));
    assert.equal(report.count, 20);
    assert.equal(report.attacks.length, 2);
    assert.ok(report.robustAccuracy <= report.cleanAccuracy);
    assert.equal(report.robustAccuracy, record.robustAccuracy);
  });

  it('stops at the next batch with a checkpoint, and goes on from there', async () => {
    const file = await writeText('long.m2at.json', tinyExperiment('long', 2000));
    const id = await start(file);
    await recordWhen(id, ({ progress }) => (progress?.step ?? 0) >= 1);
    await vscode.commands.executeCommand(commands.stopRun, id);
    const stopped = await recordWhen(id, isOver);
    assert.equal(stopped.status, 'stopped');
    const step = stopped.progress?.step ?? 0;
    assert.ok(step >= 1 && step < 4000, `stopped at step ${step}`);
    await access(runPath(id, 'checkpoints', 'last', 'model.json'));

    const resumed: unknown = await vscode.commands.executeCommand(commands.resumeRun, id);
    assert.equal(resumed, id);
    await recordWhen(id, ({ progress }) => (progress?.step ?? 0) > step);
    await vscode.commands.executeCommand(commands.stopRun, id);
    assert.equal((await recordWhen(id, isOver)).status, 'stopped');

    // The text is as the run was given it, and then another.
    await lensWhen(file, (title) => /^\$\(debug-continue\) Resume at epoch [.\d]+ of 2000$/.test(title));
    await lensWhen(file, (title) =>
      /^Last run, stopped on [-\d]+ [:\d]+ at epoch [.\d]+\/2000: [^(]*$/.test(title),
    );
    await writeText('long.m2at.json', tinyExperiment('long', 1000));
    await lensWhen(file, (title) =>
      title.includes('with other settings than the text has now: training.epochs)'),
    );
  });

  for (const [what, name, text] of [
    ['a file that is no checkpoint', 'model.json', '{ "name": "no model" }'],
    ['a graph model without a graph', 'graph.json', '{ "format": "graph-model" }'],
    ['an ONNX file that is cut short', 'model.onnx', '\u0008\u0009\u0012\u0000'],
  ] as const) {
    it(`starts neither a job nor a run for ${what}`, async () => {
      const { onDidChangeJobs, jobs } = await activated();
      const file = await writeText(name, text);
      const before = await runFolders();
      const titles = new Set<string>();
      const watch = onDidChangeJobs(() => {
        for (const title of jobs()) titles.add(title);
      });
      // Without options: a question about the attack would wait for an answer for ever.
      const id: unknown = await vscode.commands.executeCommand(commands.attackCheckpoint, file, [file]);
      watch.dispose();
      assert.equal(id, undefined);
      assert.deepEqual(
        [...titles].filter((title) => title.startsWith('attack on')),
        [],
      );
      assert.deepEqual(await runFolders(), before);
    });
  }
});
