import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { EvaluationRow, RunRecord } from '../../src/core/records/run-files';
import { isOver } from '../../src/core/records/run-state';
import { listRuns, readRun } from '../../src/core/runs/run-store';
import { expect } from '../support/expect';
import { endOf } from '../support/child-lines';
import { root } from '../support/root';
import { useSession } from '../support/vscode/session';
import { Workbench } from '../support/vscode/workbench';
import { Dashboard } from './dashboard';

/** More epochs than anybody waits for, at one learning rate, so that any part of it is as in every other run. */
const experiment = {
  name: 'lasting',
  seed: 5,
  threads: 1,
  dataset: { name: 'cifar10', trainCount: 320, testCount: 64 },
  model: { name: 'small-cnn', widths: [4, 4, 8, 8], hidden: 16 },
  method: { name: 'm2at', steps: 1, stepSize: '10/255' },
  training: {
    ...{ epochs: 20_000, batchSize: 64, validation: 64 },
    schedule: { name: 'piecewise', learningRate: 0.05, milestones: [] },
  },
  evaluation: {
    everyEpochs: 2,
    during: { count: 32, attacks: [{ name: 'pgd', steps: 2 }] },
    final: { count: 32, attacks: [{ name: 'pgd', steps: 2 }] },
  },
  samples: { count: 2, everySteps: 50 },
};

describe('A run that outlives its window', function () {
  this.timeout(300_000);
  // Each test goes on where the one before it left the run.
  this.bail(true);

  const session = useSession(() => ({
    extension: root,
    files: { 'lasting.m2at.json': JSON.stringify(experiment, null, 2) },
  }));
  let workbench: Workbench;
  let process_: number | undefined;

  async function record(): Promise<RunRecord> {
    const [found] = await listRuns(session().workspace);
    assert.ok(found, 'there is no run');
    return found;
  }

  const evaluations = async (): Promise<EvaluationRow[]> => {
    const { rows } = await readRun(session().workspace, (await record()).id);
    return rows.filter((row) => row.kind === 'evaluation');
  };

  /** Waits until the run has been evaluated more often than it was. */
  async function goesOn(): Promise<void> {
    const before = (await evaluations()).length;
    await expect('another evaluation', evaluations, (rows) => rows.length > before);
    const now = await record();
    assert.equal(now.status, 'running');
    assert.equal(now.pid, process_, 'it is the same process');
  }

  /** The window, whatever happened to it, shows the run as its own. */
  async function isShown({ isRestored = true } = {}): Promise<void> {
    await workbench.page
      .locator('.statusbar-item')
      .filter({ hasText: /M2AT lasting: epoch/ })
      .waitFor();
    if (!isRestored) {
      await workbench.runCommand('M2AT: Open Dashboard');
      await workbench.pick('lasting');
    }
    const dashboard = await Dashboard.of(workbench, 'lasting');
    await dashboard.status('Running');
  }

  it('goes on while the window is loaded anew, which then shows it as before', async () => {
    ({ workbench } = session());
    await workbench.openFile('lasting.m2at.json');
    await workbench.runCommand('M2AT: Start Training Run…');
    await workbench.pick('lasting.m2at.json');
    await isShown();
    process_ = (await record()).pid;
    assert.ok(process_);
    await goesOn();
    const loaded = workbench.page.waitForEvent('load');
    await workbench.runCommand('Developer: Reload Window');
    await loaded;
    await isShown();
    await goesOn();
  });

  it('goes on when the extension host is killed', async function () {
    if (process.platform !== 'linux') this.skip();
    const hosts = spawnSync('pgrep', ['-f', 'type=extensionHost'], { encoding: 'utf8' })
      .stdout.split('\n')
      .filter(Boolean)
      .map(Number);
    const own = hosts.filter((pid) => ancestors(pid).includes(session().server.pid ?? 0));
    assert.ok(own.length > 0, 'no extension host was found');
    for (const pid of own) process.kill(pid, 'SIGKILL');
    await goesOn();
  });

  it('goes on when the window is closed, and is found by the next one', async () => {
    await workbench.close();
    await goesOn();
    const { server, browser, workspace } = session();
    const opened = performance.now();
    workbench = await Workbench.open(browser, server, { folder: workspace, extension: root });
    await workbench.page
      .locator('.statusbar-item')
      .filter({ hasText: /M2AT lasting: epoch/ })
      .waitFor();
    console.log(
      `      shown ${((performance.now() - opened) / 1000).toFixed(1)} s after the window was opened`,
    );
    await isShown({ isRestored: false });
    await goesOn();
    await workbench.screenshot('outliving-run');
  });

  it('is paused and gone on with, evaluated when asked, and stopped from there', async () => {
    const dashboard = await Dashboard.of(workbench, 'lasting');
    await workbench.runCommand('M2AT: Pause Run');
    await dashboard.status('Paused');
    await workbench.page.locator('.activitybar').getByLabel('M2AT').first().click();
    await workbench.treeRow('lasting').filter({ hasText: 'paused' }).waitFor();
    assert.equal(await dashboard.copyCommand(), 'm2at train lasting.m2at.json');
    await workbench.notification(/Copied, .*: m2at train lasting\.m2at\.json/).waitFor();
    await workbench.screenshot('paused-run');
    await dashboard.press('Continue');
    await dashboard.status('Running');
    await goesOn();
    await dashboard.press('Evaluate Now');
    const odd = (rows: EvaluationRow[]): boolean => rows.some(({ step }) => step % 8 !== 0);
    await expect('an evaluation between those of the plan', evaluations, odd);
    await dashboard.press('Pause');
    await dashboard.status('Paused');
    await dashboard.press('Stop');
    await dashboard.status('Stopped');
    assert.ok(isOver(await record()));
  });

  it('that was killed while no window was open is said to be interrupted, once, and is resumed', async () => {
    const dashboard = await Dashboard.of(workbench, 'lasting');
    await dashboard.press('Resume');
    await dashboard.status('Running');
    const { pid = 0 } = await record();
    await workbench.close();
    process.kill(pid, 'SIGKILL');
    await expect('a run without a process', record, ({ status }) => status === 'stopped');
    const { server, browser, workspace } = session();
    workbench = await Workbench.open(browser, server, { folder: workspace, extension: root });
    const toast = workbench.notification(/lasting was interrupted at epoch [\d.]+ of 20000/);
    await toast.waitFor();
    await workbench.screenshot('interrupted-run');
    await toast.getByRole('button', { name: 'Resume' }).click();
    const again = await Dashboard.of(workbench, 'lasting');
    await again.status('Running');
    await again.press('Stop');
    await again.status('Stopped');
    assert.deepEqual(await readdir(path.join(server.state, 'jobs')), []);
  });

  it('has the numbers of a run that nobody disturbed', async () => {
    const rows = (await evaluations()).filter(({ step }) => step % 8 === 0);
    const elsewhere = await mkdtemp(path.join(tmpdir(), 'm2at-undisturbed-'));
    try {
      const file = path.join(session().workspace, 'lasting.m2at.json');
      const cli = path.join(root, 'dist', 'cli.js');
      const child = spawn(process.execPath, [cli, 'train', file, '--root', elsewhere], { stdio: 'ignore' });
      const end = endOf(child);
      const of = async (): Promise<EvaluationRow[]> => {
        const [found] = await listRuns(elsewhere);
        const all = found ? (await readRun(elsewhere, found.id)).rows : [];
        return all.filter((row) => row.kind === 'evaluation');
      };
      await expect('as many evaluations', of, (all) => all.length >= rows.length);
      child.kill('SIGINT');
      await end;
      // All but how long they took.
      const numbers = (all: readonly EvaluationRow[]): unknown =>
        all.slice(0, rows.length).map(({ step, cleanAccuracy, robustAccuracy, loss, attacks }) => ({
          ...{ step, cleanAccuracy, robustAccuracy, loss },
          attacks: attacks.map((attack) => ({ ...attack, seconds: 0 })),
        }));
      assert.ok(rows.length > 8, `${rows.length} evaluations`);
      assert.deepEqual(numbers(rows), numbers(await of()));
    } finally {
      await rm(elsewhere, { recursive: true, force: true, maxRetries: 5 });
    }
  });
});

/** Ids of the processes that a process was started by. */
function ancestors(pid: number): number[] {
  const { stdout } = spawnSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8' });
  const parent = Number(stdout.trim());
  return parent > 1 ? [parent, ...ancestors(parent)] : [];
}
