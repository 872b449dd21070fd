import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from '../support/expect';
import { makeFolder } from '../support/folders';
import { root } from '../support/root';
import { useSession } from '../support/session';
import { writeArrays, writeOnnxModel } from '../support/tiny-models';
import { Dashboard } from './dashboard';

describe('Attacking a model outside the workspace', function () {
  this.timeout(300_000);

  const session = useSession(() => ({ extension: root, files: { 'readme.txt': 'no models' } }));
  let outside = '';

  before(async () => {
    outside = await makeFolder('m2at-outside', {});
    await writeOnnxModel(path.join(outside, 'colours.onnx'));
    // With it, nothing is asked about the model's input.
    await writeFile(
      path.join(outside, 'colours.m2at-model.json'),
      JSON.stringify({ range: [0, 1], channelOrder: 'RGB' }),
    );
    await writeArrays(outside, 12);
  });
  after(() => rm(outside, { recursive: true, force: true }));

  /** Answers a dialog for a file, which looks at the path while it is typed. */
  async function typePath(title: string, file: string): Promise<void> {
    const { workbench } = session();
    const question = workbench.page.locator('.quick-input-title', { hasText: title });
    await question.waitFor();
    await workbench.rows.filter({ hasText: '..' }).first().waitFor();
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

  it('keeps the run in the list, and its dashboard, when the window is loaded anew', async () => {
    const { workbench } = session();
    await workbench.runCommand('File: Open File...');
    await typePath('Open File', path.join(outside, 'colours.onnx'));
    await workbench.tab('colours.onnx').waitFor();
    // The editor is there, and has the focus.
    await workbench.page.getByText('Open Anyway').waitFor();
    await workbench.runCommand('M2AT: Attack Checkpoint…');
    await workbench.pick('Quick look');
    await workbench.pick('Images from .npy files…');
    await typePath('Images: a .npy', path.join(outside, 'images.npy'));
    await typePath('Labels: a .npy', path.join(outside, 'labels.npy'));
    await workbench.pick('All');
    await workbench.tab('Attack: colours').waitFor();
    await (await Dashboard.of(workbench, 'colours', 'Attack')).status('Done');

    await workbench.page.reload();
    await workbench.page.locator('.monaco-workbench').waitFor();
    await workbench.tab('Attack: colours').waitFor();
    const dashboard = await Dashboard.of(workbench, 'colours', 'Attack');
    await dashboard.status('Done');
    assert.ok((await dashboard.accuracies()).length > 2);
  });
});
