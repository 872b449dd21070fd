import assert from 'node:assert/strict';
import { expect } from '../support/expect';
import { root } from '../support/root';
import { useSession } from '../support/vscode/session';

const attacks = [{ name: 'fgsm' }];
const experiment = (name: string, epochs: number): string =>
  JSON.stringify(
    {
      name,
      dataset: { name: 'cifar10', trainCount: 64, testCount: 32 },
      model: { name: 'small-cnn', widths: [4, 4, 8, 8], hidden: 16 },
      method: { name: 'm2at', steps: 1, stepSize: '10/255' },
      training: { epochs, batchSize: 32, augment: { crop: 0 } },
      evaluation: { during: { count: 16, attacks }, final: { count: 32, attacks } },
      samples: { everySteps: 1000 },
    },
    undefined,
    2,
  );

describe('The queue', function () {
  this.timeout(300_000);

  const names = ['overnight', 'epsilon-4', 'epsilon-8', 'epsilon-16'];
  const session = useSession(() => ({
    extension: root,
    files: Object.fromEntries(names.map((name) => [`${name}.m2at.json`, experiment(name, 20_000)])),
  }));

  it('is seen below the runs, and put in order by dragging', async () => {
    const { workbench } = session();
    const { page } = workbench;
    await workbench.openFile('overnight.m2at.json');
    for (const name of names) {
      await workbench.runCommand('M2AT: Start Training Run…');
      await workbench.pick(`${name}.m2at.json`);
      if (name === 'overnight')
        await page
          .locator('.statusbar-item')
          .filter({ hasText: /M2AT overnight: epoch/ })
          .waitFor();
      else await workbench.notification(new RegExp(`${name} waits until`)).waitFor();
    }
    await workbench.screenshot('queue-toast');
    await workbench.hideNotifications();
    await page.locator('.activitybar').getByLabel('M2AT').first().click();
    const rows = page.locator('.split-view-view', { hasText: 'Queue' }).last().locator('.monaco-list-row');
    await rows.nth(2).waitFor();
    const order = async (): Promise<string[]> =>
      (await rows.locator('.label-name').allTextContents()).map((text) => text.trim());
    assert.deepEqual(await order(), ['epsilon-4', 'epsilon-8', 'epsilon-16']);
    await rows.nth(2).dragTo(rows.nth(0));
    await expect('the new order', order, (names) => names.join() === 'epsilon-16,epsilon-4,epsilon-8');
    await rows.nth(1).hover();
    await workbench.screenshot('queue');
    await workbench.runCommand('M2AT: Stop All Runs');
  });
});
