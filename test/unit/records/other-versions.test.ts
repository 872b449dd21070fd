import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { attackSummary } from '../../../src/cli/attack-summary';
import { resumeAttack } from '../../../src/core/attacking/attack-resume';
import type { Device } from '../../../src/core/engine/devices/device';
import { openDevice } from '../../../src/core/engine/devices/devices';
import { M2atError } from '../../../src/core/errors';
import { lambdaFact } from '../../../src/core/methods/m2at/lambda';
import { attackStateLine, attackTask } from '../../../src/core/records/attack-files';
import { attackReport, metricRow, runRecord, sampleGrid } from '../../../src/core/records/run-files';
import { runDirectory, runFile } from '../../../src/core/records/run-paths';
import { transferTable } from '../../../src/core/records/transfer-files';
import { withAnalysis } from '../../../src/core/report/analyse-report';
import { writeReportPage } from '../../../src/core/runs/report-page';
import { listRuns, readExperiment, readRun } from '../../../src/core/runs/run-store';
import { storeTransfer } from '../../../src/core/runs/transfer-store';
import { toDashboard } from '../../../src/protocol/dashboard-protocol';
import { plotTable } from '../../../webview/sections/metrics/plot-table';
import { plotsOf } from '../../../webview/sections/metrics/plot-definitions';
import { RunState } from '../../../webview/state/run-state';
import { tinyRun } from '../../fuzz/damage/tiny-runs';
import { showRun } from '../../fuzz/targets/show-run';
import { writeArrays, writeLayersModel } from '../../support/tiny-models';
import { appendRows, readObject, rewrite, storedRoot, storedRuns, type Json } from './stored-runs';

const signal = new AbortController().signal;
const onEvent = () => undefined;

describe('runs of other versions', () => {
  let root: string;
  let device: Device;
  before(async () => {
    device = await openDevice('onnx-cpu', { threads: 1 });
  });
  after(() => device.dispose());
  beforeEach(async () => {
    root = await storedRoot();
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const file = (id: string, name: string) => path.join(runDirectory(root, id), name);
  const lines = async (id: string, name: string): Promise<unknown[]> => {
    const text = await readFile(file(id, name), 'utf8');
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
  };
  const withoutSum = (value: unknown): unknown =>
    Object.fromEntries(Object.entries(value as Json).filter(([key]) => key !== 'sum'));

  /** What the dashboard is sent of a run, which has been shown once. */
  async function shown(id: string) {
    const { record, rows, samples, report, galleries, transfer } = await readRun(root, id);
    const state = toDashboard.parse({
      type: 'state',
      ...{ record, rows, live: false, checkpoint: false, paused: false, trusted: true },
      ...(samples && { samples }),
      ...(report && { report: withAnalysis(report) }),
      ...(galleries && { galleries }),
      ...(transfer && { transfer }),
    });
    showRun(state);
    assert.ok(state.type === 'state');
    return state;
  }

  async function reportPage(id: string): Promise<string> {
    const bundle = path.join(root, 'webview');
    await mkdir(bundle);
    await writeFile(path.join(bundle, 'dashboard.js'), 'console.log("dashboard")');
    await writeFile(path.join(bundle, 'dashboard.css'), 'body { margin: 0 }');
    return readFile(await writeReportPage({ root, id, bundle }), 'utf8');
  }

  const resumeTraining = () =>
    tinyRun({ kind: 'train', root, model: '', device, resume: 'training-stopped' });

  /** Puts the network and the images of the stopped attack where it finds them. */
  async function placeModel(): Promise<void> {
    const model = path.join(root, 'model');
    const checkpoint = await writeLayersModel(model);
    const source = { kind: 'arrays', ...(await writeArrays(model, 12)) };
    await rewrite(root, 'attack-stopped', runFile.attack, (task) => ({ ...task, checkpoint, source }));
  }

  const resume = () => resumeAttack({ root, id: 'attack-stopped', signal, onEvent, resources: { device } });

  /** Has every run say that a version wrote it that comes after this one, and breaks with none before it. */
  async function grow(): Promise<void> {
    for (const id of storedRuns) {
      await rewrite(root, id, runFile.record, (record) => ({
        ...record,
        version: 2,
        tags: ['night'],
        deviceDetails: { ...(record.deviceDetails as Json), watts: 65 },
      }));
    }
  }

  describe('the version before', () => {
    it('are listed as they ended, without a word about damage', async () => {
      const listed = (await listRuns(root)).map(({ id, status, name, robustAccuracy }) => [
        ...[id, status, name],
        robustAccuracy?.toFixed(3),
      ]);
      assert.deepEqual(
        listed.sort(([a], [b]) => String(a).localeCompare(String(b))),
        [
          ['attack-stopped', 'stopped', 'tiny', undefined],
          ['attacked', 'done', 'tiny', '0.917'],
          ['trained', 'done', 'tiny', '0.333'],
          ['training-stopped', 'stopped', 'tiny', '0.167'],
        ],
      );
      for (const id of storedRuns) {
        const { problems, unverified } = await readRun(root, id);
        assert.deepEqual([problems, unverified], [[], []]);
      }
    });

    it('are shown whole', async () => {
      const trained = await shown('trained');
      assert.equal(trained.rows.length, (await lines('trained', runFile.metrics)).length);
      assert.equal(trained.samples?.grid.step, 10);
      // What had a place of its own is a fact by now.
      assert.match(JSON.stringify(trained.samples.grid.rows[0]?.facts), /"value":0\.\d+/);
      const stored = await readObject(file('trained', 'samples/10.json'));
      assert.deepEqual(
        trained.samples.grid.rows.map(({ facts }) => facts),
        (stored.rows as Json[]).map(({ lambda }) => [{ ...lambdaFact, value: lambda }]),
      );
      assert.deepEqual(
        trained.samples.grid.columns.map(({ symbol, name }) => `${symbol}: ${name}`),
        ['x: clean', 'δ: amplified', 'M: mask', 'x₁: inside M', 'x₂: outside M', 'xₘᵢₓ: mixed'],
      );
      const attacked = await shown('attacked');
      assert.deepEqual(
        attacked.report?.attacks.map(({ title }) => title),
        ['fgsm linf 0.04', 'pgd-3 linf 0.04'],
      );
      assert.equal(attacked.galleries?.length, 2);
      assert.equal(attacked.transfer?.rows.length, 2);
      assert.match(await reportPage('attacked'), /<\/html>/);
    });

    it('are gone on with, and all files are of the form that this version writes', async () => {
      const [first] = await lines('training-stopped', runFile.metrics);
      assert.equal((await resumeTraining()).status, 'done');
      assert.deepEqual((await lines('training-stopped', runFile.metrics))[0], first);
      await placeModel();
      const { record, report } = await resume();
      assert.equal(record.status, 'done');
      assert.deepEqual(
        report.attacks.map(({ images }) => images.length),
        [12, 12],
      );
      for (const id of storedRuns) {
        runRecord.parse(await readObject(file(id, runFile.record)));
        const isAttack = id.startsWith('attack');
        if (isAttack) attackReport.parse(await readObject(file(id, runFile.report)));
        if (isAttack) attackTask.parse(await readObject(file(id, runFile.attack)));
        if (!isAttack) for (const row of await lines(id, runFile.metrics)) metricRow.parse(withoutSum(row));
      }
      for (const line of await lines('attack-stopped', runFile.attackState))
        attackStateLine.parse(withoutSum(line));
      transferTable.parse(await readObject(file('attacked', runFile.transfer)));
      const { picture, ...grid } = await readObject(file('training-stopped', 'samples/10.json'));
      assert.equal(typeof picture, 'string');
      sampleGrid.parse(grid);
    });
  });

  describe('a later version', () => {
    it('are listed and shown with what this version knows of them', async () => {
      await grow();
      const listed = await listRuns(root);
      assert.deepEqual(listed.map(({ status, name }) => [status, name]).sort(), [
        ...['done', 'done', 'stopped', 'stopped'].map((status) => [status, 'tiny']),
      ]);
      const { record } = await shown('trained');
      assert.equal(record.robustAccuracy?.toFixed(3), '0.333');
      assert.deepEqual(Reflect.get(record, 'tags'), ['night']);
    });

    it('have rows with more columns, and rows of other kinds', async () => {
      const before = (await readRun(root, 'trained')).rows;
      const step = { step: 11, epoch: 2.2, elapsedSeconds: 9 };
      const row = {
        ...{ kind: 'step', ...step, loss: 1, batchAccuracy: 0.5, learningRate: 0.1, imagesPerSecond: 9 },
        gradientNorm: 0.25,
      };
      await appendRows(root, 'trained', [{ kind: 'weights', ...step, largest: 3 }, row]);
      const { rows, problems } = await readRun(root, 'trained');
      assert.deepEqual(problems, []);
      assert.deepEqual(rows, [...before, row]);
      const state = await shown('trained');
      assert.deepEqual(state.rows.at(-1), row);
      assert.deepEqual(metricRow.parse(row), row);
      assert.equal(metricRow.safeParse({ ...row, note: 'odd' }).success, false);
      const page = new RunState();
      page.apply(state);
      const plot = plotsOf(page.series).find(({ title }) => title === 'Gradient norm');
      assert.ok(plot);
      const table = plotTable(plot, page.series);
      assert.deepEqual([table.row(0).cells, table.row(1).cells.at(-1)], [['11', '2.20', '0.25'], '–']);
    });

    it('have attacks, norms, formats and pictures that are shown by their names', async () => {
      const parameters = { name: 'warp', norm: 'lpips', epsilon: 0.3, field: { smooth: true } };
      await rewrite(root, 'attacked', runFile.report, (report) => {
        const { attacks, analysis } = report as { attacks: Json[]; analysis: Json };
        const [first, second] = attacks;
        const points = [{ epsilon: 0, robustAccuracy: 1, area: 3 }];
        const curves = [{ title: 'warp', norm: 'lpips', kind: 'norms', points }];
        return {
          ...report,
          version: 3,
          breaks: 1,
          format: 'safetensors',
          analysis: { ...analysis, curves, tree: [] },
          attacks: [first, { ...second, title: 'warp lpips 0.3', parameters }],
        };
      });
      await rewrite(root, 'attacked', 'gallery/1.json', (grid) => ({
        ...grid,
        columns: (grid.columns as Json[]).map((column, at) =>
          at === 1 ? { ...column, kind: 'heat' } : column,
        ),
        rows: (grid.rows as Json[]).map((row) => ({ ...row, facts: [{ name: 'angle', value: 3 }] })),
      }));
      await rewrite(root, 'attacked', runFile.transfer, (table) => ({
        ...table,
        rows: (table.rows as Json[]).map((row) => ({ ...row, format: 'safetensors', seconds: 1 })),
        unit: 'images',
      }));
      const { report, galleries, transfer } = await shown('attacked');
      assert.deepEqual(report?.attacks[1]?.parameters, parameters);
      assert.equal(galleries?.[1]?.grid.columns[1]?.kind, 'heat');
      assert.equal(transfer?.rows[0]?.format, 'safetensors');
      assert.match(attackSummary(report), /warp lpips 0\.3/);
      assert.match(await reportPage('attacked'), /safetensors/);
      // What is measured anew stands beside what this version does not know.
      const kept = await storeTransfer(root, 'attacked', { version: 1, warnings: [], rows: [] });
      assert.equal(Reflect.get(kept, 'unit'), 'images');
      assert.deepEqual(await readObject(file('attacked', runFile.transfer)), kept);
    });

    it('are gone on with where nothing that is computed is unknown, and keep what is', async () => {
      await grow();
      await appendRows(root, 'training-stopped', [{ kind: 'weights', step: 6, largest: 3 }]);
      assert.equal((await resumeTraining()).status, 'done');
      const record = await readObject(file('training-stopped', runFile.record));
      assert.deepEqual([record.version, record.tags], [2, ['night']]);
      const kinds = (await lines('training-stopped', runFile.metrics)).map((row) => (row as Json).kind);
      assert.ok(kinds.includes('weights'));
      assert.deepEqual((await readRun(root, 'training-stopped')).problems, []);
      await placeModel();
      assert.equal((await resume()).record.status, 'done');
    });

    it('are not gone on with where it is, and the message names it and who can', async () => {
      await rewrite(root, 'training-stopped', runFile.record, (record) => ({
        ...record,
        versions: { m2at: '9.1.0' },
      }));
      await rewrite(root, 'training-stopped', runFile.experiment, (experiment) => ({
        ...experiment,
        training: { ...(experiment.training as Json), gradientClip: 1 },
      }));
      await assert.rejects(resumeTraining(), (error) => {
        assert.ok(error instanceof M2atError && error.code === 'unsupported');
        assert.match(error.message, /asks for what this version of M2AT does not know/);
        assert.match(error.message, /gradientClip/);
        assert.match(error.message, /Go on with M2AT 9\.1\.0, which began it\./);
        return true;
      });
      await placeModel();
      for (const change of [
        { attacks: [{ parameters: { name: 'warp', epsilon: 0.3 }, group: 0 }] },
        { attacks: [{ parameters: { name: 'fgsm', epsilon: 0.3, targeted: false, warp: 1 }, group: 0 }] },
        { blur: 2 },
      ]) {
        const task = await readObject(file('attack-stopped', runFile.attack));
        await rewrite(root, 'attack-stopped', runFile.attack, () => ({ ...task, ...change }));
        await assert.rejects(
          resume(),
          /asks for what this version of M2AT does not know\n.*(name|warp|blur)/,
        );
        await rewrite(root, 'attack-stopped', runFile.attack, () => task);
      }
    });

    it('are refused where they say that they break, and not taken for damaged', async () => {
      const breaking = (value: Json): Json => ({ ...value, version: 3, breaks: 2 });
      await rewrite(root, 'attacked', runFile.report, breaking);
      const { problems, report } = await readRun(root, 'attacked');
      assert.equal(report, undefined);
      assert.deepEqual(problems, [
        "report.json is of a version of M2AT that this one can't read: its numbers are left out. Take that version, or a later one.",
      ]);
      for (const [id, change] of [
        ['trained', breaking],
        // Whoever forgets to say so.
        ['attacked', (value: Json) => ({ ...value, kind: 'certify' })],
      ] as const) {
        await rewrite(root, id, runFile.record, change);
        const listed = (await listRuns(root)).find((record) => record.id === id);
        assert.match(listed?.message ?? '', /^run\.json is of a version of M2AT that this one can't read/);
      }
      await rewrite(root, 'training-stopped', runFile.record, breaking);
      await assert.rejects(resumeTraining(), /is of a version of M2AT that this one can't read/);
    });

    it('are as over as their process is, where their status has no meaning here', async () => {
      const change = (status: string, pid?: number) => (value: Json) => ({ ...value, status, pid });
      await rewrite(root, 'trained', runFile.record, change('archived'));
      await rewrite(root, 'training-stopped', runFile.record, change('certifying', process.pid));
      const found = new Map((await listRuns(root)).map((record) => [record.id, record]));
      assert.equal(found.get('trained')?.status, 'stopped');
      assert.match(found.get('trained')?.message ?? '', /Its status is archived, which this version/);
      assert.equal(found.get('trained')?.robustAccuracy?.toFixed(3), '0.333');
      assert.equal(found.get('training-stopped')?.status, 'running');
    });
  });

  it('damage is still told as that', async () => {
    for (const [id, name] of [
      ['trained', runFile.record],
      ['attacked', runFile.report],
      ['attacked', runFile.transfer],
    ] as const) {
      const text = await readFile(file(id, name), 'utf8');
      await writeFile(file(id, name), text.replace('"version":', '"version": '));
    }
    const listed = (await listRuns(root)).find(({ id }) => id === 'trained');
    assert.equal(listed?.message, 'run.json is damaged, or was changed.');
    const { problems } = await readRun(root, 'attacked');
    assert.deepEqual(
      problems.map((text) => text.split(':')[0]),
      ['report.json is damaged, or was changed', 'transfer.json is damaged, or was changed'],
    );
    // Without a checksum nobody knows, so what can't be read is damage.
    const unsealed = await readObject(file('training-stopped', runFile.record));
    await writeFile(
      file('training-stopped', runFile.record),
      JSON.stringify({ ...unsealed, startedAt: 'x' }),
    );
    const [other] = (await listRuns(root)).filter(({ id }) => id === 'training-stopped');
    assert.equal(other?.message, 'run.json is damaged, or was changed.');
    await assert.rejects(readExperiment(root, 'nobody'), /there is no run nobody/);
  });
});
