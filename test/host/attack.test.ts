import assert from 'node:assert/strict';
import { access, readFile, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { attackReport, type AttackReport } from '../../src/core/records/run-files';
import { isOver } from '../../src/core/records/run-state';
import { commands } from '../../src/extension/contributions';
import { readSealed } from '../support/run-json';
import { writeArrays, writeGraphModel, writeLayersModel, writeOnnxModel } from '../support/tiny-models';
import { activated, dashboardTab, recordWhen, runFolders, runPath, when, workspaceFolder } from './workspace';

const COUNT = 12;

function inWorkspace(...parts: string[]): string {
  return path.join(workspaceFolder().fsPath, 'models', ...parts);
}

/** Calls the command as the explorer does. */
async function attack(files: readonly string[], options: object): Promise<unknown> {
  const uris = files.map((file) => vscode.Uri.file(file));
  return vscode.commands.executeCommand(commands.attackCheckpoint, uris[0], uris, options);
}

async function reportOf(id: string): Promise<AttackReport> {
  const { status, message } = await recordWhen(id, isOver);
  assert.deepEqual([status, message], ['done', undefined]);
  return attackReport.parse(await readSealed(runPath(id, 'report.json')));
}

describe('an attack on a model of the workspace', () => {
  let arrays: { images: string; labels: string } | undefined;
  before(async () => {
    arrays = await writeArrays(inWorkspace('data'), COUNT);
  });

  const models: readonly [string, (folder: string) => Promise<string>][] = [
    ['layers-model', (folder) => writeLayersModel(folder)],
    ['graph-model', (folder) => writeGraphModel(folder)],
    ['onnx', (folder) => writeOnnxModel(path.join(folder, 'colours.onnx'))],
  ];
  for (const [format, write] of models) {
    it(`runs on a TF.js or ONNX file: ${format}; the answer about its input is remembered`, async () => {
      const file = await write(inWorkspace(format));
      const id = await attack([file], {
        attacks: [{ name: 'fgsm', epsilon: 0.2 }],
        epsilons: [0.01],
        arrays,
        count: 'all',
        input: { range: [0, 1], channelOrder: 'RGB' },
      });
      assert.ok(typeof id === 'string', 'no attack was started');
      const report = await reportOf(id);
      assert.deepEqual([report.format, report.count, report.cleanAccuracy], [format, COUNT, 1]);
      assert.equal(report.robustAccuracy, 0, 'the colours differ by 0.1 only');
      const curve = report.groups?.find(({ epsilons }) => epsilons);
      assert.deepEqual(curve?.epsilons, [0.01]);
      assert.equal(curve.robustAccuracy, 1);
      const name = format === 'onnx' ? 'colours' : 'model';
      const sidecar = await readFile(path.join(path.dirname(file), `${name}.m2at-model.json`), 'utf8');
      assert.deepEqual(JSON.parse(sidecar), { range: [0, 1], channelOrder: 'RGB' });
    });
  }

  it('asks nothing again once it knows the input', async () => {
    // No `input`: a question would wait for an answer for ever.
    const id = await attack([inWorkspace('onnx', 'colours.onnx')], {
      preset: 'quick-look',
      count: 6,
      arrays,
    });
    assert.ok(typeof id === 'string', 'no attack was started');
    const report = await reportOf(id);
    assert.equal(report.count, 6);
    assert.deepEqual(
      report.groups?.flatMap(({ title, epsilons }) => (epsilons ? [] : [title])),
      ['fgsm linf 8/255', 'pgd-20 linf 8/255'],
    );
    await dashboardTab('Attack: colours');
    const page = runPath(id, 'report.html');
    const copy = vscode.Uri.joinPath(workspaceFolder(), 'copy.html');
    await vscode.commands.executeCommand(commands.saveReport, id, copy);
    assert.deepEqual(await readFile(copy.fsPath), await readFile(page));
  });

  it('needs forward passes only where an op has no gradient, and names the op to the others', async () => {
    const file = await writeOnnxModel(inWorkspace('forward', 'hard.onnx'), 'Hardmax');
    const before = await runFolders();
    const input = { range: [0, 1] };
    assert.equal(await attack([file], { preset: 'robustbench', count: 'all', arrays, input }), undefined);
    assert.deepEqual(await runFolders(), before);
    assert.deepEqual(await readdir(path.dirname(file)), ['hard.onnx'], 'nothing is remembered');

    const attacks = [{ name: 'square', epsilon: 0.3, queries: 60 }];
    const id = await attack([file], { attacks, count: 'all', arrays, input });
    assert.ok(typeof id === 'string', 'no attack was started');
    const report = await reportOf(id);
    assert.equal(report.cleanAccuracy, 1);
    assert.ok(report.robustAccuracy < 1);
  });

  it('stops, and goes on from where it was', async () => {
    const attacks = [
      { name: 'fgsm', epsilon: 0.01 },
      { name: 'square', epsilon: 0.01, queries: 1500 },
    ];
    const id = await attack([inWorkspace('onnx', 'colours.onnx')], { attacks, count: 'all', arrays });
    assert.ok(typeof id === 'string', 'no attack was started');
    await recordWhen(id, ({ status }) => status === 'running');
    await vscode.commands.executeCommand(commands.stopRun, id);
    assert.equal((await recordWhen(id, isOver)).status, 'stopped');
    assert.equal(await vscode.commands.executeCommand(commands.resumeRun, id), id);
    // The directory says that it was stopped until the worker has got to it.
    await recordWhen(id, ({ status }) => status === 'done' || status === 'failed');
    const report = await reportOf(id);
    assert.deepEqual([report.count, report.attacks.length, report.robustAccuracy], [COUNT, 2, 1]);
  });

  it('does several files one after the other, until all is stopped', async () => {
    const { onDidChangeJobs, jobs } = await activated();
    const before = await runFolders();
    const files = [inWorkspace('onnx', 'colours.onnx'), inWorkspace('graph-model', 'model.json')];
    const attacks = [{ name: 'square', epsilon: 0.01, queries: 500_000 }];
    const over = attack(files, { attacks, count: 'all', arrays });
    await when(onDidChangeJobs, () => jobs().find((job) => job === 'attack on colours.onnx (1 of 2)'));
    const known = new Set(before);
    const { onDidChangeRuns, runs } = await activated();
    const first = await when(onDidChangeRuns, () => runs().find(({ id }) => !known.has(id))?.id);
    await recordWhen(first, ({ status }) => status === 'running');
    await vscode.commands.executeCommand(commands.stopAllRuns);
    assert.equal(await over, first);
    assert.equal((await recordWhen(first, isOver)).status, 'stopped');
    assert.deepEqual(jobs(), []);
    assert.equal((await runFolders()).length, before.length + 1, 'the second one did not begin');
  });

  it('says what is wrong with a target, and starts nothing', async () => {
    const { onDidChangeJobs, jobs } = await activated();
    const before = await runFolders();
    const titles = new Set<string>();
    const watch = onDidChangeJobs(() => {
      for (const title of jobs()) titles.add(title);
    });
    const options = { preset: 'quick-look', count: 10, input: {} };
    for (const uri of [
      vscode.Uri.parse('untitled:net.onnx'),
      vscode.Uri.parse('memfs:/net.onnx'),
      vscode.Uri.file(inWorkspace('gone.onnx')),
      vscode.Uri.file(inWorkspace('data', 'images.npy')),
      vscode.Uri.file(inWorkspace()),
    ]) {
      const id: unknown = await vscode.commands.executeCommand(
        commands.attackCheckpoint,
        uri,
        [uri],
        options,
      );
      assert.equal(id, undefined, uri.toString());
    }
    watch.dispose();
    assert.deepEqual([...titles], []);
    assert.deepEqual(await runFolders(), before);
    await assert.rejects(access(inWorkspace('gone.m2at-model.json')));
    assert.ok((await stat(inWorkspace('data', 'images.npy'))).isFile());
  });
});
