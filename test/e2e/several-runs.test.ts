import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { RunRecord, RunSign } from '../../src/core/records/run-files';
import { runDirectory } from '../../src/core/records/run-paths';
import { rowName } from '../../src/core/report/compare/compare-columns';
import { readComparedRows } from '../../src/core/runs/compared-runs';
import { listRuns } from '../../src/core/runs/run-store';
import { collapseMessage } from '../../src/core/training/collapse-message';
import { expect } from '../support/expect';
import { root } from '../support/root';
import { changeRecord } from '../support/run-json';
import { useSession } from '../support/vscode/session';
import { ComparePageReader } from './compare-page';
import { Dashboard } from './dashboard';

const attacks = [{ name: 'fgsm' }];
const common = {
  dataset: { name: 'cifar10', trainCount: 800, testCount: 64 },
  model: { name: 'small-cnn', widths: [4, 4, 8, 8], hidden: 16 },
  method: { name: 'standard' },
  training: { epochs: 2, batchSize: 64, augment: { crop: 0 } },
  evaluation: { during: { count: 50, attacks }, final: { count: 64, attacks } },
  samples: { count: 0 },
};
const compared = {
  ...common,
  name: 'compared',
  runs: [{ name: 'natural' }, { name: 'fast', method: { name: 'fgsm-rs' } }],
};
const constant = (learningRate: number) => ({
  schedule: { name: 'piecewise', learningRate, milestones: [] },
});
const collapses = {
  ...common,
  name: 'collapses',
  runs: [
    // No unit of the hidden layer is left after the first steps, and every number is finite.
    { name: 'dead', training: { epochs: 4, ...constant(10) } },
    // A robust accuracy on 50 images can't rise at 60 evaluations one after the other.
    {
      name: 'patient',
      training: { epochs: 60, ...constant(0.01), validation: { count: 50 }, earlyStopping: { patience: 1 } },
    },
    { name: 'diverges', training: constant(1e8) },
  ],
};

describe('Several runs of one experiment', function () {
  this.timeout(300_000);
  // Each test goes on where the one before it left the window.
  this.bail(true);

  const session = useSession(() => ({
    extension: root,
    files: {
      'compared.m2at.json': JSON.stringify(compared),
      'collapses.m2at.json': JSON.stringify(collapses),
    },
  }));

  const recordOf = async (name: string): Promise<RunRecord> => {
    const record = (await listRuns(session().workspace)).find((one) => one.name === name);
    assert.ok(record, `no run ${name}`);
    return record;
  };

  async function start(file: string, count: number): Promise<void> {
    const { workbench } = session();
    await workbench.runCommand('M2AT: Start Training Run…');
    await workbench.pick(file);
    await workbench.pick(`All ${count} runs`);
  }

  it('end with their comparison, which the command line prints as well', async () => {
    const { workbench, workspace } = session();
    await workbench.page.locator('.activitybar').getByLabel('M2AT').first().click();
    await start('compared.m2at.json', 2);
    await workbench.tab('Compare 2 Runs').waitFor({ timeout: 180_000 });
    const compare = new ComparePageReader(await workbench.webview('.compare-table tbody tr'));
    const all = await listRuns(workspace);
    const rows = await readComparedRows(workspace, all.toReversed(), all);
    // The best network may be another one than the last: then each has a row.
    await expect(
      'a row a network',
      () => compare.names(),
      (names) => isDeepStrictEqual(names, rows.map(rowName)),
    );
    const shown = await compare.column('fgsm');
    const wanted = rows.map(
      ({ measurements }) => measurements.find(({ kind }) => kind === 'attack')?.accuracy,
    );
    assert.deepEqual(
      shown.map((text) => Number.parseFloat(text)),
      wanted.map((share) => Number((100 * (share ?? NaN)).toFixed(1))),
    );
    // The command line has the same ones.
    const { stdout } = m2at('compare', 'compared', '--root', workspace);
    for (const text of shown) assert.ok(stdout.includes(text), stdout);
    await workbench.screenshot('comparison');
  });

  it('that collapse say so on their dashboards, in the list of runs, and what to do', async () => {
    const { workbench, workspace } = session();
    await workbench.runCommand('View: Close All Editors');
    await start('collapses.m2at.json', 3);
    const toast = workbench.notification(
      /collapses: Training diverged at step 1: .*Try a lower learning rate/,
    );
    await toast.getByRole('button', { name: 'Show Table' }).waitFor();

    // What a training of minutes shows, on the pages of a run that took seconds.
    const fall = collapseMessage(
      {
        sign: 'catastrophic-overfitting',
        from: { step: 12, robustAccuracy: 0.4, count: 500, loss: 1.6 },
        to: { step: 24, robustAccuracy: 0.02, count: 500, loss: 1.1 },
      },
      { epoch: 2, attacks: true },
    );
    const patient = await recordOf('collapses: patient');
    const fell = { id: 'fell', name: 'fell' };
    await cp(runDirectory(workspace, patient.id), runDirectory(workspace, fell.id), { recursive: true });
    const where = { step: 24, epoch: 2 };
    const signs: RunSign[] = [
      { sign: 'catastrophic-overfitting', ...where, ...fall },
      ...(patient.signs ?? []),
    ];
    await changeRecord(runDirectory(workspace, fell.id), { ...fell, signs });

    const wanted = [
      ['collapses: dead', /^Accuracy at chance: .* Lower the learning rate/, 'accuracy at chance'],
      ['collapses: patient', /^Ended early, .* is kept as the best one\.$/, 'ended early'],
      [
        'fell',
        /^Catastrophic overfitting: .* training\.earlyStopping/,
        'catastrophic overfitting, ended early',
      ],
    ] as const;
    const { stdout: listed } = m2at('runs', '--root', workspace);
    for (const [name, first, title] of wanted) {
      const row = workbench.treeRow(name);
      await row.filter({ hasText: title }).click();
      const dashboard = await Dashboard.of(workbench, name);
      await dashboard.status('Done');
      const record = await recordOf(name);
      const texts = (record.signs ?? []).map(({ message, advice = '' }) => `${message} ${advice}`.trim());
      assert.match(texts[0] ?? '', first);
      assert.deepEqual(await dashboard.warnings(), texts);
      for (const text of texts) assert.ok(listed.includes(`${record.id}: ${text}\n`), listed);
      await workbench.screenshot(`sign-${title.replace(/\W+/g, '-')}`);
    }
  });

  it('that diverge say where, and what to do', async () => {
    const { workbench, workspace } = session();
    const { id, message = '' } = await recordOf('collapses: diverges');
    await workbench.treeRow('collapses: diverges').filter({ hasText: 'failed' }).click();
    const dashboard = await Dashboard.of(workbench, 'collapses: diverges');
    await dashboard.status('Failed');
    assert.match(message, /the loss of step \d+ is (NaN|Infinity)\. .* Try a lower learning rate/);
    assert.equal(await dashboard.error(), message);
    assert.ok(m2at('runs', '--root', workspace).stdout.includes(`${id}: ${message}\n`));
    await workbench.screenshot('sign-diverged');
  });
});

function m2at(...args: string[]) {
  return spawnSync(process.execPath, [path.join(root, 'dist', 'cli.js'), ...args], { encoding: 'utf8' });
}
