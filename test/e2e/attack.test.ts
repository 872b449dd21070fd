import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { encode } from 'fast-png';
import { attackReport } from '../../src/core/records/run-files';
import { expect } from '../support/expect';
import { readSealed } from '../support/run-json';
import { useSession } from '../support/vscode/session';
import { writeArrays, writeOnnxModel } from '../support/tiny-models';
import { root } from '../support/root';
import type { Workbench } from '../support/vscode/workbench';
import { Dashboard } from './dashboard';

/** Answers the file dialog of a remote window, which looks at a path while it is typed. */
async function typeFile(workbench: Workbench, title: string, file: string): Promise<void> {
  const question = workbench.page.locator('.quick-input-title', { hasText: title });
  await question.waitFor();
  // It begins with a folder, which would take the place of what was typed before.
  await asked(workbench, '..');
  await expect(
    `${file} as the answer to ${title}`,
    async () => {
      if (await question.isHidden()) return true;
      await workbench.quickInput.fill(file);
      await workbench.page.keyboard.press('Enter');
      return question.waitFor({ state: 'hidden', timeout: 5000 }).then(
        () => true,
        () => false,
      );
    },
    (answered) => answered,
  );
}

/** Two pictures of each colour, in the order of the network's outputs, and larger than it takes them. */
async function writePictures(folder: string): Promise<void> {
  for (const [colour, name] of ['a red', 'b green', 'c blue'].entries()) {
    await mkdir(path.join(folder, name), { recursive: true });
    for (const side of [12, 20]) {
      const data = Uint8Array.from({ length: side * side * 3 }, (_, i) => (i % 3 === colour ? 150 : 100));
      const png = encode({ width: side, height: side, data, channels: 3, depth: 8 });
      await writeFile(path.join(folder, name, `${side}.png`), png);
    }
  }
}

/** The question whose rows include this one. */
async function asked(workbench: Workbench, label: string): Promise<void> {
  await workbench.rows.filter({ hasText: label }).first().waitFor();
}

describe('Attacking a model of the workspace', function () {
  this.timeout(300_000);
  this.bail(true);

  const session = useSession(() => ({ extension: root, files: { 'readme.txt': 'models' } }));
  const inWorkspace = (...parts: string[]): string => path.join(session().workspace, ...parts);

  before(async () => {
    await writeOnnxModel(inWorkspace('net', 'colours.onnx'));
    await writeOnnxModel(inWorkspace('hard', 'hard.onnx'), 'Hardmax');
    await writeArrays(inWorkspace('data'), 12);
    await writePictures(inWorkspace('pictures'));
  });

  it('asks what the model wants, which attacks and which images, and shows the report', async () => {
    const { workbench } = session();
    await workbench.openFile('colours.onnx');
    await workbench.page
      .locator('.editor-actions')
      .getByRole('button', { name: 'Attack Checkpoint…' })
      .click();
    await asked(workbench, "[0, 1] with ImageNet's mean and std");
    await workbench.screenshot('attack-input');
    await workbench.pick('[0, 1]');
    await workbench.pick('Leave them out');

    await asked(workbench, 'RobustBench');
    await workbench.screenshot('attack-presets');
    await workbench.pick('Custom…');
    await asked(workbench, 'autoattack');
    await workbench.screenshot('attack-list');
    await workbench.quickInput.fill('pgd');
    await workbench.pick('pgd');
    await workbench.accept('pgd');
    await asked(workbench, 'Use these parameters');
    await workbench.screenshot('attack-parameters');
    await workbench.pick('epsilon');
    const { page } = workbench;
    await page.locator('.quick-input-title', { hasText: 'epsilon' }).waitFor();
    await workbench.quickInput.fill('2');
    await page.getByText(/must be between 0 and 1/).waitFor();
    await workbench.quickInput.fill('0.2');
    await page.keyboard.press('Enter');
    await workbench.rows.filter({ hasText: 'epsilon' }).filter({ hasText: '0.2' }).first().waitFor();
    await workbench.pick('Use these parameters');
    await page.locator('.quick-input-title', { hasText: 'Accuracy against Epsilon' }).waitFor();
    await workbench.quickInput.fill('0.001');
    await page.keyboard.press('Enter');

    await workbench.pick('Arrays of NumPy…');
    await typeFile(workbench, 'Images: a .npy', inWorkspace('data', 'images.npy'));
    await typeFile(workbench, 'Labels: a .npy', inWorkspace('data', 'labels.npy'));
    assert.ok(
      !existsSync(inWorkspace('net', 'colours.m2at-model.json')),
      'nothing is written before the last answer',
    );
    await workbench.pick('All');

    await workbench.tab('Attack: colours').waitFor();
    const dashboard = await Dashboard.of(workbench, 'colours', 'Attack');
    await dashboard.status('Done');
    await workbench.screenshot('attack-report');

    const runs = inWorkspace('.m2at', 'runs');
    const [run = ''] = await readdir(runs);
    const report = attackReport.parse(await readSealed(path.join(runs, run, 'report.json')));
    assert.deepEqual([report.count, report.cleanAccuracy, report.robustAccuracy], [12, 1, 0]);
    const [pgd] = report.attacks;
    assert.ok(
      pgd?.parameters.name === 'pgd' && pgd.parameters.epsilon === 0.2,
      JSON.stringify(pgd?.parameters),
    );
    const sidecar = await readFile(inWorkspace('net', 'colours.m2at-model.json'), 'utf8');
    assert.deepEqual(JSON.parse(sidecar), { range: [0, 1], channelOrder: 'RGB' });
  });

  it('takes a folder of pictures: the classes are its folders, the size is that of the network', async () => {
    const { workbench } = session();
    await workbench.runCommand('View: Close All Editors');
    await workbench.runCommand('M2AT: Attack Checkpoint…');
    await workbench.pick('colours.onnx');
    // What it takes as input was remembered.
    await workbench.pick('Quick look');
    await workbench.pick('A folder of pictures…');
    await typeFile(workbench, 'Folder with a folder of pictures', `${inWorkspace('pictures')}/`);
    await workbench.pick('All');

    await workbench.tab('Attack: colours').waitFor();
    const dashboard = await Dashboard.of(workbench, 'colours', 'Attack');
    await dashboard.status('Done');
    const runs = await readdir(inWorkspace('.m2at', 'runs'));
    const reports = await Promise.all(
      runs.map(async (run) =>
        attackReport.parse(await readSealed(inWorkspace('.m2at', 'runs', run, 'report.json'))),
      ),
    );
    const [report, ...others] = reports.filter(({ dataset }) => dataset === 'folder');
    assert.deepEqual(others, []);
    assert.deepEqual(
      [report?.count, report?.classNames, report?.cleanAccuracy],
      [6, ['a red', 'b green', 'c blue'], 1],
    );

    await workbench.runCommand('View: Close All Editors');
    await workbench.runCommand('M2AT: Attack Checkpoint…');
    await workbench.pick('colours.onnx');
    await workbench.pick('Quick look');
    // It is the first of the questions about images now.
    await asked(workbench, 'A folder of pictures…');
    assert.match(await workbench.rows.first().innerText(), /pictures[^]*as the last time/);
    await workbench.page.keyboard.press('Escape');
    assert.equal((await readdir(inWorkspace('.m2at', 'runs'))).length, 2);
  });

  it('names the op that has no gradient, and goes on with forward passes where that is wanted', async () => {
    const { workbench } = session();
    const { page } = workbench;
    await workbench.runCommand('View: Close All Editors');
    await workbench.runCommand('M2AT: Attack Checkpoint…');
    await workbench.pick('hard.onnx');
    const dialog = page.locator('.monaco-dialog-box');
    await dialog.getByText(/the op Hardmax \(node most_of_all, opset 13\)/).waitFor();
    await workbench.screenshot('attack-no-gradient');
    await dialog.getByRole('button', { name: 'Attack by Forward Passes' }).click();
    await workbench.pick('[0, 1]');
    await workbench.pick('Logits');
    await workbench.pick('Leave them out');
    await asked(workbench, 'Black-box');
    await asked(workbench, 'Custom…');
    await asked(workbench, 'Common corruptions');
    assert.equal(await workbench.rows.count(), 3);
    await page.keyboard.press('Escape');
    await expect(
      'no question',
      () => workbench.rows.filter({ visible: true }).count(),
      (count) => count === 0,
    );
    assert.ok(!existsSync(inWorkspace('hard', 'hard.m2at-model.json')), 'nothing is left behind');
    assert.equal((await readdir(inWorkspace('.m2at', 'runs'))).length, 2);
  });
});
