import assert from 'node:assert/strict';
import path from 'node:path';
import type { Locator, Page } from 'playwright-core';
import type { AttackReport } from '../../src/core/records/run-files';
import { attackRecord, madeGallery, madeReport } from '../support/attack-run';
import { expect } from '../support/expect';
import { root } from '../support/root';
import { BarePage, post } from './bare-page';

const focusedName = `document.activeElement.getAttribute('aria-label') ?? document.activeElement.tagName`;

describe('A gallery that fills while somebody looks through it', function () {
  this.timeout(120_000);
  const report = madeReport();
  let bare: BarePage;
  let page: Page;

  before(async () => {
    bare = await BarePage.of(path.join(root, 'dist', 'webview', 'dashboard'));
  });
  after(() => bare.close());

  beforeEach(async () => {
    page = await bare.open();
    const record = { ...attackRecord, status: 'running' };
    const state = {
      type: 'state',
      record,
      rows: [],
      report,
      live: true,
      checkpoint: false,
      paused: false,
      trusted: true,
    };
    await post(page, state);
  });
  afterEach(() => page.close());

  /** The pictures of an attack, as if it had come only to the images from this one on. */
  async function sendGallery(place: number, from = 0): Promise<void> {
    const attacks = report.attacks.map((attack) => ({
      ...attack,
      images: attack.images.filter(({ index }) => index >= from),
    }));
    const filling: AttackReport = { ...report, attacks };
    const { grid, png } = madeGallery(filling, place);
    await post(page, { type: 'gallery', grid, png: Buffer.from(png).toString('base64') });
  }

  const rows = (): Locator => page.locator('.gallery-card .sample-table tbody tr');
  const tile = (image: number, column: number): Locator =>
    rows()
      .filter({ hasText: `#${image}` })
      .locator('.tile')
      .nth(column);
  const first = (image: number): Promise<unknown> =>
    expect(
      `#${image} first`,
      () => rows().first().innerText(),
      (text) => text.includes(`#${image}`),
    );

  it('keeps the focus on its tile when rows come before it', async () => {
    await sendGallery(0, 20);
    await first(20);
    await tile(21, 1).focus();
    await page.keyboard.press('ArrowRight');
    await sendGallery(0, 15);
    await first(15);
    assert.match(String(await page.evaluate<unknown>(focusedName)), /, image 21, /);
    assert.equal(await page.locator('.gallery-card .tile[tabindex="0"]').count(), 1);
    await page.keyboard.press('ArrowUp');
    assert.match(String(await page.evaluate<unknown>(focusedName)), /^apgd-ce.*, image 20, /);
  });

  it('moves the focus to a neighbour when its row leaves the list', async () => {
    await sendGallery(0, 20);
    await first(20);
    await tile(28, 0).focus();
    // Twelve rows are shown at first, so that the last images make room.
    await sendGallery(0);
    await first(0);
    assert.match(String(await page.evaluate<unknown>(focusedName)), /^clean, image \d+, /);
  });

  it('keeps showing the image that was enlarged, and steps on from it', async () => {
    await sendGallery(0, 20);
    await first(20);
    await tile(21, 2).click();
    const dialog = page.getByRole('dialog');
    assert.match(await dialog.innerText(), /#21/);
    await sendGallery(0, 15);
    await first(15);
    assert.match(await dialog.innerText(), /#21/);
    await page.keyboard.press('ArrowUp');
    assert.match(await dialog.innerText(), /#20/);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    assert.match(String(await page.evaluate<unknown>(focusedName)), /, image 21, /);
  });

  const caption = (): Locator => page.locator('section:has(.gallery-card) .section-caption');
  const shows = (attack: string): Promise<unknown> =>
    expect(
      attack,
      () => caption().innerText(),
      (text) => text.includes(attack),
    );

  it('shows the attack with the most to see until somebody is busy with one', async () => {
    await sendGallery(1);
    await shows('square');
    await sendGallery(0);
    await shows('apgd-ce');
  });

  const busy: readonly [string, () => Promise<unknown>][] = [
    ['a tile has the focus', () => rows().first().locator('.tile').first().focus()],
    ['a picture is enlarged', () => rows().first().locator('.tile').first().click()],
    ['a filter is set', () => page.getByText(/^Robust \(/).click()],
    ['they are sorted', () => page.getByRole('combobox', { name: 'Sort by' }).selectOption('largest')],
  ];
  for (const [what, act] of busy) {
    it(`stays with an attack as soon as ${what}`, async () => {
      await sendGallery(1, 6);
      await shows('square');
      await act();
      await sendGallery(0);
      await sendGallery(1);
      await expect(
        'all of the attack that is shown',
        () => caption().innerText(),
        (text) => text.startsWith('10 pictures of 15 images under square'),
      );
      const chosen = page.getByRole('combobox', { name: 'Attack', exact: true });
      assert.equal(await chosen.inputValue(), '1');
    });
  }
});
