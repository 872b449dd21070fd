import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, readdir } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { runDirectory, runFile, runsDirectory } from '../../../src/core/records/run-paths';
import { Dashboard } from '../../e2e/dashboard';
import { readExample } from '../examples';
import { expect } from '../expect';
import { root } from '../root';
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

const name = 'quickstart: m2at';

/** Trains the M2AT network of the quick start, and takes the pictures of its dashboard while it goes on. */
async function trainAndTake({ workbench }: Session): Promise<void> {
  await workbench.openFile('quickstart.m2at.json');
  await workbench.runCommand('M2AT: Start Training Run…');
  await workbench.pick('quickstart.m2at.json');
  // Not the row that offers both runs.
  await workbench.pick('m2at, ');
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
}

/** Takes a run of the quick start that was trained before. */
async function adoptRun({ workbench, workspace }: Session, run: string): Promise<void> {
  await cp(run, runDirectory(workspace, path.basename(run)), { recursive: true });
  await workbench.openFile('quickstart.m2at.json');
  await workbench.runCommand('View: Toggle Primary Side Bar Visibility');
  await useTheme(workbench, 'Dark Modern');
}

/** Attacks the network as the palette offers it, and takes the pictures of the report as it is shown. */
async function attackAndTake({ workbench }: Session): Promise<void> {
  await workbench.runCommand('M2AT: Attack Checkpoint…');
  await workbench.pick(name);
  await workbench.pickIfAsked('Last checkpoint', 'Quick look');
  await workbench.pick('Quick look');
  await workbench.pick('CIFAR-10 test images');
  await workbench.pick('500');
  await workbench.tab(/^Attack: /).waitFor();
  const attack = await Dashboard.of(workbench, name, 'Attack');
  await attack.status('Done', trainingMs);
  // Without a training run before it, the report is still as narrow as it opened.
  await widenDashboard(workbench, 400);
  await workbench.hideNotifications();
  console.log(await workbench.screenshot('attack-dark', images));
  await useTheme(workbench, 'Light Modern');
  console.log(await workbench.screenshot('attack-light', images));
}

/** Attacks the network from the command line, and takes the picture of the page that this leaves. */
async function reportAndTake({ workspace, browser }: Session): Promise<void> {
  const runs = runsDirectory(workspace);
  const before = await readdir(runs);
  const trained = before.find((id) => existsSync(path.join(runs, id, runFile.lastCheckpoint)));
  if (trained === undefined) throw new Error(`No run in ${runs} has a checkpoint.`);
  const checkpoint = path.join(runs, trained, runFile.lastCheckpoint);
  const what = ['--attack', 'autoattack,pgd', '-n', '64', '--root', workspace];
  const child = spawn(process.execPath, [path.join(root, 'dist', 'cli.js'), 'attack', checkpoint, ...what], {
    stdio: 'inherit',
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('exit', resolve);
  });
  const made = (await readdir(runs)).find((id) => !before.includes(id));
  if (code !== 0 || made === undefined) throw new Error(`m2at attack ended with ${String(code)}.`);
  const page = await browser.newPage({ viewport: { width: 1680, height: 880 }, colorScheme: 'light' });
  await page.goto(pathToFileURL(path.join(runs, made, runFile.reportPage)).href);
  await page.locator('.sample-table .tile').first().waitFor();
  const file = path.join(images, 'report-light.png');
  await page.screenshot({ path: file });
  console.log(file);
}

/** Takes the pictures of the documentation in a real window. @param run a trained run to begin with */
async function takeScreenshots(run: string | undefined): Promise<void> {
  const session = await Session.open({
    extension: root,
    files: {
      'quickstart.m2at.json': await readExample('quickstart.m2at.json'),
      '.vscode/settings.json': JSON.stringify(settings),
    },
    viewport: { width: 1680, height: 1050 },
  });
  try {
    if (run === undefined) await trainAndTake(session);
    else await adoptRun(session, run);
    await attackAndTake(session);
    await reportAndTake(session);
  } catch (error) {
    console.error(`The window: ${await session.workbench.screenshot('failed-screenshots')}`);
    throw error;
  } finally {
    await session.close();
  }
}

takeScreenshots(process.argv[2]).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
