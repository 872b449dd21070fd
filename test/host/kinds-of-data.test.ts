import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { attackReport, type RunRecord } from '../../src/core/records/run-files';
import { commands } from '../../src/extension/contributions';
import { experimentOn, makeDatasets } from '../support/made-datasets';
import { readSealed } from '../support/run-json';
import { activated, recordOf, runPath, when, workspaceFolder, writeText } from './workspace';

describe('data of every kind', () => {
  const { M2AT_CACHE: usual } = process.env;
  let cache = '';
  before(async () => {
    cache = await mkdtemp(path.join(tmpdir(), 'm2at-cache-'));
    // Workers get it from here.
    process.env.M2AT_CACHE = cache;
  });
  after(async () => {
    if (usual === undefined) delete process.env.M2AT_CACHE;
    else process.env.M2AT_CACHE = usual;
    await rm(cache, { recursive: true });
  });

  /** The records of the runs of that kind that are not among these, once no job is left. */
  async function newRuns(kind: RunRecord['kind'], known: ReadonlySet<string>): Promise<RunRecord[]> {
    const { onDidChangeJobs, jobs, onDidChangeQueue, queue, runs } = await activated();
    await when(
      (changed) => vscode.Disposable.from(onDidChangeJobs(changed), onDidChangeQueue(changed)),
      () => (jobs().length === 0 && queue().length === 0) || undefined,
    );
    const made = runs().filter((run) => run.kind === kind && !known.has(run.id));
    return (await Promise.all(made.map(({ id }) => recordOf(id)))).flatMap((record) => record ?? []);
  }

  it('trains with M2AT, and its checkpoint is attacked on the same images', async () => {
    const { runs } = await activated();
    const known = new Set(runs().map(({ id }) => id));
    const datasets = await makeDatasets(workspaceFolder().fsPath, cache);
    const file = await writeText('kinds.m2at.json', JSON.stringify(experimentOn(datasets)));
    const first: unknown = await vscode.commands.executeCommand(commands.startTraining, file, undefined, {
      runs: datasets.map(({ run }) => run),
    });
    assert.ok(typeof first === 'string', 'no run was started');
    const trained = await newRuns('train', known);
    const byName = new Map(trained.map((record) => [record.name, record]));
    const checkpoints = datasets.map(({ run }) => {
      const record = byName.get(`kinds: ${run}`);
      assert.deepEqual(
        [record?.status, record?.message, record?.progress?.step],
        ['done', undefined, 2],
        run,
      );
      return vscode.Uri.file(runPath(record?.id ?? '', 'checkpoints', 'last', 'model.json'));
    });
    assert.equal(trained.length, datasets.length);

    await vscode.commands.executeCommand(commands.attackCheckpoint, checkpoints[0], checkpoints, {
      attacks: [{ name: 'pgd', steps: 2 }],
      count: 2,
    });
    const attacked = await newRuns('attack', known);
    assert.deepEqual(
      attacked.map(({ status, message }) => [status, message]),
      datasets.map(() => ['done', undefined]),
    );
    const reports = await Promise.all(
      attacked.map(async ({ id }) => attackReport.parse(await readSealed(runPath(id, 'report.json')))),
    );
    for (const [n, { run, dataset, classes }] of datasets.entries()) {
      const report = reports.find(({ checkpoint }) => checkpoint === checkpoints[n]?.fsPath);
      assert.deepEqual(
        [report?.dataset, report?.count, report?.classNames?.length],
        [dataset.name, 2, classes],
        run,
      );
    }
    // Thirteen processes, one after the other.
  }).timeout(240_000);
});
