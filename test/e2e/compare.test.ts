import assert from 'node:assert/strict';
import { appendFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { runDirectory, runFile } from '../../src/core/records/run-paths';
import { metricLine } from '../../src/core/runs/metrics-file';
import { idOf, madeRuns, rowsOf, writeComparedRuns } from '../support/compared-runs';
import { expect } from '../support/expect';
import { root } from '../support/root';
import { changeRecord } from '../support/run-json';
import { useSession } from '../support/vscode/session';
import { ComparePageReader } from './compare-page';

describe('Comparing runs in VS Code', function () {
  this.timeout(300_000);
  // Each test goes on where the one before it left the window.
  this.bail(true);

  const [natural, ...trained] = madeRuns;
  const session = useSession(() => ({
    extension: root,
    fill: (workspace) => writeComparedRuns(workspace, [{ ...natural, status: 'stopped' }, ...trained]),
  }));
  const page = async (): Promise<ComparePageReader> =>
    new ComparePageReader(await session().workbench.webview('.compare-table tbody tr'));

  it('opens a group of the tree as a table', async () => {
    const { workbench } = session();
    await workbench.page.locator('.activitybar').getByLabel('M2AT').first().click();
    const group = workbench.treeRow('compared').first();
    await group.hover();
    await group.getByLabel('Compare Runs…').click();
    await workbench.tab('Compare 5 Runs').waitFor();
    const compare = await page();
    await expect(
      'the rows',
      () => compare.names(),
      (names) => names.length === 5,
    );
    assert.deepEqual(await compare.names(), ['natural', 'fast 0', 'fast 1', 'm2at 0', 'm2at 1']);
    assert.match(await compare.cell('natural', 'pgd-5'), /^1\.0 %/);
    await workbench.screenshot('compare');
  });

  it('marks a run for the tree and the disk', async () => {
    const { workbench, workspace } = session();
    const compare = await page();
    await compare.press('m2at 0', 'Give m2at 0 a star');
    const marks = path.join(runDirectory(workspace, idOf('m2at 0')), runFile.marks);
    await expect(
      'the star',
      () => readFile(marks, 'utf8').catch(() => ''),
      (text) => text.includes('"star": true'),
    );
    await compare.press('m2at 0', 'Rename m2at 0…');
    await workbench.answer('the best one');
    await expect(
      'the new name',
      () => compare.names(),
      (names) => names.includes('the best one'),
    );
    await workbench.treeRow('★ the best one').waitFor();
    // F2, as for a file.
    const row = workbench.treeRow('m2at 1');
    // The list is drawn anew after the change before, and a click on what goes away is lost.
    await expect(
      'its dashboard',
      async () => {
        await row.click();
        return workbench.tab('m2at 1').count();
      },
      (count) => count > 0,
    );
    await row.click();
    await workbench.page.keyboard.press('F2');
    await workbench.answer('renamed in the tree');
    const renamed = workbench.treeRow('renamed in the tree');
    await renamed.waitFor();
    // An attack on its checkpoint is below it.
    await renamed.locator('.monaco-tl-twistie').click();
    await workbench.treeRow('Attack: m2at-1').waitFor();
    await workbench.screenshot('compare-tree');
    await workbench.tab('Compare 5 Runs').click();
  });

  it('moves while a run goes on', async () => {
    const { workspace } = session();
    const compare = await page();
    const directory = runDirectory(workspace, idOf('natural'));
    const rows = rowsOf({ ...natural, clean: 0.9, robust: 0.3 }).filter(({ kind }) => kind === 'evaluation');
    await appendFile(path.join(directory, runFile.metrics), rows.slice(-1).map(metricLine).join(''));
    await changeRecord(directory, { status: 'done' });
    await expect(
      'the final evaluation',
      () => compare.cell('natural', 'pgd-20'),
      (text) => text.startsWith('30.0'),
    );
  });

  it('shows the settings of two runs in the editor that shows changes', async () => {
    const { workbench } = session();
    const compare = await page();
    await compare.press('fast 0', 'Show how far the others are from fast 0');
    await compare.press('fast 1', 'Settings of fast 1 beside those of the baseline');
    await workbench.tab('Settings: fast 0 ↔ fast 1').waitFor();
    const changed = workbench.page.locator('.monaco-diff-editor .modified .view-line', {
      hasText: /"seed":\s1/,
    });
    await changed.waitFor();
    await workbench.screenshot('compare-settings');
  });

  it('asks which runs when it is called from the palette', async () => {
    const { workbench } = session();
    await workbench.runCommand('M2AT: Compare Runs…');
    await workbench.pick('fast 0');
    await workbench.pick('the best one');
    await workbench.accept('fast 0');
    await workbench.tab('Compare 2 Runs').waitFor();
  });
});
