import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from '../support/root';
import { useSession } from '../support/vscode/session';
import { Dashboard } from './dashboard';

for (const [where, options] of [
  ['in a folder', {}],
  ['in a window without a folder, which asks for one first', { emptyWindow: true }],
] as const) {
  describe(`From a template to a run, ${where}`, function () {
    this.timeout(300_000);

    const session = useSession(() => ({ extension: root, files: {}, ...options }));

    it('the ▶ of the unsaved template saves it as .m2at.json and starts', async () => {
      const { workbench, workspace } = session();
      // The palette shows what is there when it opens: the extension's icon says that its commands are.
      await workbench.page.locator('.activitybar').getByLabel('M2AT').first().waitFor();
      await workbench.runCommand('M2AT: Start Training Run…');
      await workbench.pick('Standard');
      if ('emptyWindow' in options) {
        const dialog = workbench.page.locator('.quick-input-widget', {
          hasText: 'Folder for the experiment and its runs',
        });
        await dialog.getByText('Use This Folder').click();
      }
      await workbench.tab('standard.m2at.json').waitFor();
      await workbench.titleAction('Start Training Run…');

      const dashboard = await Dashboard.of(workbench, 'standard');
      await dashboard.status('Running');
      await workbench.runCommand('M2AT: Stop Run');
      await dashboard.status('Stopped');
      const text = await readFile(path.join(workspace, 'standard.m2at.json'), 'utf8');
      assert.match(text, /"name": "standard"/);
      await workbench.screenshot(`first-path${'emptyWindow' in options ? '-empty-window' : ''}`);
    });
  });
}
