import path from 'node:path';
import { Dashboard } from '../e2e/dashboard';
import { readExample } from './examples';
import { expect } from './expect';
import { root } from './root';
import { Session } from './session';
import type { Workbench } from './workbench';

/** How long a run may take until the pictures are worth taking, and until it ends. */
const trainingMs = 30 * 60_000;

const images = path.join(root, 'docs', 'images');
const settings = { 'editor.minimap.enabled': false };

/** Changes the theme while everything goes on. */
async function useTheme(workbench: Workbench, theme: 'Light Modern' | 'Dark Modern'): Promise<void> {
  await workbench.runCommand('Preferences: Color Theme');
  await workbench.quickInput.fill(theme);
  await workbench.pick(theme);
  const className = `defaults-themes-${theme.toLowerCase().replace(' ', '_')}-json`;
  await workbench.page.locator(`.monaco-workbench[class*="${className}"]`).waitFor();
}

/** Gives the dashboard most of the window: drags the border between the two editor groups. */
async function widenDashboard({ page }: Workbench, left: number): Promise<void> {
  const box = await page.locator('.editor-group-container').nth(1).boundingBox();
  if (box === null) throw new Error('There is no second editor group.');
  await page.mouse.move(box.x, box.y + 300);
  await page.mouse.down();
  await page.mouse.move(left, box.y + 300, { steps: 5 });
  await page.mouse.up();
}

/** Trains the M2AT network of the quick start in a real window, and takes the pictures of the README. */
async function takeScreenshots(): Promise<void> {
  const session = await Session.open({
    extension: root,
    files: {
      'quickstart.m2at.json': await readExample('quickstart.m2at.json'),
      '.vscode/settings.json': JSON.stringify(settings),
    },
    viewport: { width: 1680, height: 1050 },
  });
  try {
    const { workbench } = session;
    await workbench.openFile('quickstart.m2at.json');
    await workbench.runCommand('M2AT: Start Training Run…');
    await workbench.pick('quickstart.m2at.json');
    // Not the row that offers both runs.
    await workbench.pick('m2at, ');
    const name = 'quickstart: m2at';
    await workbench.tab(name).waitFor();
    const dashboard = await Dashboard.of(workbench, name);
    await dashboard.status('Running');
    await workbench.runCommand('View: Toggle Primary Side Bar Visibility');
    await widenDashboard(workbench, 400);

    // Two thirds of the training: the curves have a shape, and the run still goes on.
    await expect(
      'progress',
      () => dashboard.share(),
      (share) => share >= 0.66,
      trainingMs,
    );
    for (const [theme, file] of [
      ['Light Modern', 'dashboard-light'],
      ['Dark Modern', 'dashboard-dark'],
    ] as const) {
      await useTheme(workbench, theme);
      await workbench.hideNotifications();
      console.log(await workbench.screenshot(file, images));
    }
    const samples = path.join(images, 'samples-dark.png');
    await dashboard.samples.screenshot({ path: samples });
    console.log(samples);
    await dashboard.status('Done', trainingMs);
    await workbench.runCommand('M2AT: Attack Checkpoint…');
    await workbench.pick(name);
    await workbench.pickIfAsked('Last checkpoint', 'FGSM');
    await workbench.accept('FGSM');
    await workbench.pick('500');
    await workbench.tab(/^Attack: /).waitFor();
    const attack = await Dashboard.of(workbench, name, 'Attack');
    await attack.status('Done', trainingMs);
    await workbench.hideNotifications();
    console.log(await workbench.screenshot('attack-dark', images));
    await useTheme(workbench, 'Light Modern');
    console.log(await workbench.screenshot('attack-light', images));
  } catch (error) {
    console.error(`The window: ${await session.workbench.screenshot('failed-screenshots')}`);
    throw error;
  } finally {
    await session.close();
  }
}

takeScreenshots().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
