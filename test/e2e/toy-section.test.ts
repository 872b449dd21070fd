import assert from 'node:assert/strict';
import path from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { attackRecord } from '../support/attack-run';
import { root } from '../support/root';
import { evaluationRow, runRecord, stepRow } from '../unit/webview/rows';
import { BarePage, post } from './bare-page';

describe('A section from outside of the dashboard', function () {
  this.timeout(120_000);
  const ended = runRecord({ status: 'done' });
  const state = { type: 'state', rows: [], live: false, checkpoint: false, paused: false, trusted: true };
  let bare: BarePage;
  let page: Page;

  before(async () => {
    bare = await BarePage.of(path.join(root, 'out', 'webview', 'toy-page'));
  });
  after(() => bare.close());
  beforeEach(async () => {
    page = await bare.open();
  });
  afterEach(() => page.close());

  const best = (): Locator => page.getByRole('region', { name: 'Best evaluation' });
  const text = (shown: string): Promise<void> => best().getByText(shown, { exact: true }).waitFor();
  const title = (name: string): Promise<void> => page.locator('h1', { hasText: name }).waitFor();

  it('is drawn from the state of a run, in its place', async () => {
    const rows = [evaluationRow(10), evaluationRow(20, { robustAccuracy: 0.31 }), evaluationRow(30)];
    await post(page, { ...state, record: ended, rows });
    await text('Robust accuracy 31.0\u202f% at step 20');
    const before = await page.getByRole('region', { name: 'Metrics' }).boundingBox();
    const box = await best().boundingBox();
    assert.ok(before && box);
    assert.equal(box.x, before.x);
    assert.ok(box.y >= before.y + before.height);
  });

  it('is drawn again when a part changes that it depends on, and only then', async () => {
    const marked = best().locator('p[data-mark]');
    await post(page, { ...state, record: ended, rows: [evaluationRow(10)] });
    await text('Robust accuracy 20.0\u202f% at step 10');
    await page.evaluate(`document.querySelector('[aria-labelledby="best-title"] p').dataset.mark = ''`);
    await post(page, { type: 'rows', rows: [stepRow(11)] });
    await post(page, { type: 'record', record: { ...ended, name: 'other' } });
    await title('other');
    assert.equal(await marked.count(), 1, 'as it was, while the page has changed');
    await post(page, { type: 'rows', rows: [evaluationRow(20, { robustAccuracy: 0.4 })] });
    await text('Robust accuracy 40.0\u202f% at step 20');
    assert.equal(await marked.count(), 0);
  });

  it('is hidden while it has nothing to show, and in runs of another kind', async () => {
    await post(page, { ...state, record: ended });
    await title(ended.name);
    assert.equal(await best().count(), 0);
    await post(page, { ...state, record: ended, rows: [evaluationRow(10)] });
    await best().waitFor();
    await post(page, { ...state, record: attackRecord, rows: [evaluationRow(10)] });
    await title(attackRecord.name);
    assert.equal(await best().count(), 0);
  });
});
