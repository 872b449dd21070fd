import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { STATE_ELEMENT } from '../../../src/core/report/html-page';
import { writeReportPage } from '../../../src/core/runs/report-page';
import { attackReport } from '../../../src/core/records/run-files';
import { readRun, runDirectory } from '../../../src/core/runs/run-store';
import { parseStoredState } from '../../../webview/state/stored-state';
import { attackRecord, writeAttackRun } from '../../support/attack-run';
import { transferRow } from '../../support/transfer-row';
import { temporaryRoot } from '../training/tiny-task';

describe('writeReportPage', () => {
  let root: string;
  let bundle: string;
  const { id } = attackRecord;

  beforeEach(async () => {
    root = await temporaryRoot();
    bundle = path.join(root, 'webview');
    await mkdir(bundle);
    await writeFile(path.join(bundle, 'dashboard.js'), 'console.log("dashboard")');
    await writeFile(path.join(bundle, 'dashboard.css'), 'body { margin: 0 }');
    await writeAttackRun(root);
  });
  afterEach(() => rm(root, { recursive: true }));

  const stateOf = async (file: string): Promise<ReturnType<typeof parseStoredState>> => {
    const page = await readFile(file, 'utf8');
    const [, rest = ''] = page.split(`<script type="application/json" id="${STATE_ELEMENT}">`);
    return parseStoredState(rest.slice(0, rest.indexOf('</script>')));
  };

  it('holds what the dashboard shows of the run, as it reads it', async () => {
    const file = await writeReportPage({ root, id, bundle });
    assert.equal(file, path.join(runDirectory(root, id), 'report.html'));
    const state = await stateOf(file);
    assert.ok(state.type === 'state');
    const { record, report, galleries = [] } = await readRun(root, id);
    assert.deepEqual(state.record, record);
    assert.deepEqual(state.report, report);
    assert.deepEqual(state.galleries, galleries);
    assert.equal(galleries.length, 3);
    assert.deepEqual([state.live, state.trusted, state.checkpoint], [false, false, false]);
    assert.equal(state.transfer, undefined);
  });

  it('holds what other networks made of the examples', async () => {
    const transfer = { version: 1 as const, warnings: [], rows: [transferRow()] };
    await writeFile(path.join(runDirectory(root, id), 'transfer.json'), JSON.stringify(transfer));
    const state = await stateOf(await writeReportPage({ root, id, bundle }));
    assert.ok(state.type === 'state');
    assert.deepEqual(state.transfer, transfer);
  });

  it('analyses reports of the first versions, and goes where it is sent', async () => {
    const stored = path.join(runDirectory(root, id), 'report.json');
    const { analysis, ...first } = attackReport.parse(JSON.parse(await readFile(stored, 'utf8')));
    await writeFile(stored, JSON.stringify(first));
    const file = path.join(root, 'page.html');
    assert.equal(await writeReportPage({ root, id, bundle, file }), file);
    const state = await stateOf(file);
    assert.ok(state.type === 'state');
    assert.deepEqual(state.report?.analysis, analysis);
  });

  it('tells what is missing', async () => {
    await assert.rejects(writeReportPage({ root, id: 'other', bundle }), /there is no run other/);
    await assert.rejects(writeReportPage({ root, id, bundle: path.join(root, 'x') }), /bundle is not there/);
    await rm(path.join(runDirectory(root, id), 'report.json'));
    await assert.rejects(writeReportPage({ root, id, bundle }), /has no report/);
  });
});
