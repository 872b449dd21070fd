import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import { wholeNumber } from '../src/cli/commands/common';
import { runFile } from '../src/core/records/run-paths';
import { listRuns, runDirectory } from '../src/core/runs/run-store';
import { Dashboard } from '../test/e2e/dashboard';
import { expect } from '../test/support/expect';
import { root } from '../test/support/root';
import { Session } from '../test/support/vscode/session';
import type { Workbench } from '../test/support/vscode/workbench';

/** Steps of about an eighth of a second on one core. */
const experiment = {
  name: 'streaming',
  threads: 1,
  dataset: { name: 'cifar10', trainCount: 12_800, testCount: 64 },
  model: { name: 'small-cnn', widths: [16, 16, 32, 32], hidden: 64 },
  method: { name: 'm2at', steps: 2, stepSize: '10/255' },
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

interface Flags {
  readonly seconds: number;
  readonly windows: number;
  readonly extension: string;
}

/** What a window does once after it was opened, VS Code's own part included, ms. */
const SETTLE_MS = 20_000;

/** Ticks of a second in `/proc`. */
const TICKS = 100;

/** CPU time that a process has used, s. */
function cpuOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

function parentOf(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return 0;
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** The extension host of a server. */
function hostOf(server: number): number | undefined {
  const isBelow = (pid: number): boolean => pid > 1 && (pid === server || isBelow(parentOf(pid)));
  return readdirSync('/proc')
    .map(Number)
    .find((pid) => pid > 1 && commandOf(pid).includes('type=extensionHost') && isBelow(pid));
}

/** CPU time of a process over some seconds, and what was counted meanwhile, both a second. */
async function over(
  seconds: number,
  pid: number,
  count: () => number,
): Promise<{ readonly percent: number; readonly counted: number }> {
  const [start, cpu, before] = [performance.now(), cpuOf(pid), count()];
  await delay(seconds * 1000);
  const took = (performance.now() - start) / 1000;
  return { percent: (100 * (cpuOf(pid) - cpu)) / took, counted: (count() - before) / took };
}

/** What VS Code says that loading the extension and calling it took, ms. */
async function activationTime(workbench: Workbench): Promise<number> {
  await workbench.runCommand('Developer: Show Running Extensions');
  const row = workbench.page.locator('.runtime-extensions-editor .monaco-list-row');
  const text = await row.filter({ hasText: 'M2AT' }).locator('.activation-time').innerText();
  return Number(/(\d+) ?ms/.exec(text)?.[1]);
}

async function activations(session: Session, windows: number): Promise<number[]> {
  const times: number[] = [];
  for (let window = 0; window < windows; window++) {
    const { workbench } = session;
    const loaded = workbench.page.waitForEvent('load');
    await workbench.runCommand('Developer: Reload Window');
    await loaded;
    await workbench.page.getByText('Start run').first().waitFor();
    times.push(await activationTime(workbench));
    await workbench.runCommand('View: Close Editor');
  }
  return times;
}

async function measure({ seconds, windows, extension }: Flags): Promise<void> {
  const name = `${experiment.name}.m2at.json`;
  const session = await Session.open({
    extension: path.resolve(extension),
    files: {
      [name]: JSON.stringify(experiment, undefined, 2),
      'notes.txt': 'Nothing.\n',
    },
  });
  try {
    const { workbench, workspace, server } = session;
    await workbench.openFile(name);
    await workbench.page.getByText('Start run').first().waitFor();
    if (windows > 0) console.log(`activation: ${(await activations(session, windows)).join(', ')} ms`);
    if (seconds === 0) return;
    const pid = await expect('the extension host', () => Promise.resolve(hostOf(server.pid ?? 0)), Boolean);
    if (pid === undefined) return;
    const tell = (what: string, { percent, counted }: Awaited<ReturnType<typeof over>>): void => {
      console.log(
        `${what.padEnd(44)} ${percent.toFixed(1).padStart(5)} % of a core, ${counted.toFixed(1)} rows a second`,
      );
    };
    await delay(SETTLE_MS);
    console.log(`The extension host is process ${pid}.`);
    tell('nothing goes on', await over(seconds, pid, () => 0));
    await workbench.runCommand('M2AT: Start Training Run…');
    await workbench.pick(name);
    await (await Dashboard.of(workbench, experiment.name)).status('Running');
    const [run] = await listRuns(workspace);
    const metrics = path.join(runDirectory(workspace, run?.id ?? ''), runFile.metrics);
    const rows = (): number => readFileSync(metrics, 'utf8').split('\n').length;
    await delay(5000);
    tell('a run, its dashboard and its experiment', await over(seconds, pid, rows));
    await workbench.openFile('notes.txt');
    await workbench.tab(experiment.name).last().click();
    tell('a run and its dashboard', await over(seconds, pid, rows));
    await workbench.runCommand('View: Close All Editors');
    tell('a run, nothing of it but the status bar', await over(seconds, pid, rows));
  } finally {
    await session.close();
  }
}

new Command('bench:host')
  .description(
    'CPU time of the extension host while a run streams, in a real VS Code (Linux). CIFAR-10 is in the cache.',
  )
  .option('--seconds <n>', 'length of each measurement; 0 for none', wholeNumber(0), 20)
  .option('--windows <n>', 'times that the window is loaded for the time of activation', wholeNumber(0), 5)
  .option('--extension <folder>', 'the extension that is measured, built', root)
  .action(measure)
  .parseAsync()
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
