import assert from 'node:assert/strict';
import { lstat, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { expect } from '../support/expect';
import { installedExtensions, makeFolder } from '../support/folders';
import { bait, hostileFile, writeHostileRepository } from '../support/hostile-repository';
import { useSession } from '../support/vscode/session';

/** What would be there if a text of the repository were more than text, in the window or a frame of it. */
const caught = [
  `[href*="${bait.command}"]`,
  `[data-href*="${bait.command}"]`,
  `[href*="${bait.host}"]`,
  `[data-href*="${bait.host}"]`,
  `[src*="${bait.host}"]`,
  `.codicon-${bait.icon}`,
].join(', ');

/** Runs in the page: keeps what was there for a moment, too. Text, as this side has no DOM types. */
const watch = `
  window.caught = new Set();
  const look = () => {
    for (const found of document.querySelectorAll(${JSON.stringify(caught)})) window.caught.add(found.outerHTML);
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
  look();`;

/** What is shown of the bait, in a name. */
const shown = `[free] (command:${bait.command}) $ (${bait.icon})`;

const training = `train ${shown}`;

describe('A hostile repository', function () {
  this.timeout(300_000);
  // Each test goes on where the one before it left the window.
  this.bail(true);

  let extensions: string | undefined;
  let outside: string;
  let before: string[] = [];
  const requests: string[] = [];
  const session = useSession(async () => {
    extensions = await installedExtensions();
    outside = await makeFolder('m2at-outside', {});
    return {
      extensions,
      workspaceTrust: true,
      fill: async (workspace) => {
        await writeHostileRepository(workspace, outside);
        before = [...(await contents(workspace)), ...(await contents(outside))];
      },
    };
  });
  after(async () => {
    for (const folder of [extensions, outside]) {
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    }
  });

  const runs = (): Locator => session().workbench.page.locator('.sidebar .monaco-list-row');

  /** Points at something until its tooltip is there: a list that is drawn anew takes it away. */
  async function tooltipOf(target: Locator, hasText: string): Promise<Locator> {
    const { page } = session().workbench;
    const tooltip = page.locator('.monaco-hover').filter({ hasText });
    const point = async (): Promise<boolean> => {
      await page.mouse.move(0, 0);
      await target.hover();
      return tooltip.waitFor({ timeout: 3000 }).then(
        () => true,
        () => false,
      );
    };
    await expect(`a tooltip with "${hasText}"`, point, (isThere) => isThere);
    return tooltip;
  }

  /** Nothing has become more than text, nowhere, and no file is another one than before. */
  async function nothingHappened(except = /^$/): Promise<void> {
    const { page } = session().workbench;
    assert.deepEqual(await page.evaluate<unknown>('[...window.caught]'), []);
    for (const frame of page.frames()) assert.equal(await frame.locator(caught).count(), 0, frame.url());
    assert.deepEqual(requests, []);
    assert.equal(
      await session()
        .workbench.tab(/^Untitled-\d/)
        .count(),
      0,
      'no command was run',
    );
    const now = [...(await contents(session().workspace)), ...(await contents(outside))];
    assert.deepEqual(
      now.filter((entry) => !before.includes(entry) && !except.test(entry)),
      [],
    );
  }

  it('is listed as text in Restricted Mode', async () => {
    const { workbench } = session();
    const { page } = workbench;
    await page.evaluate(watch);
    page.on('request', (request) => {
      if (request.url().includes(bait.host)) requests.push(request.url());
    });
    await page.getByRole('button', { name: "No, I don't trust the authors" }).click();
    await page.locator('.activitybar').getByLabel('M2AT').first().click();
    const row = runs().filter({ hasText: training });
    await row.waitFor();
    assert.equal(
      await runs().filter({ hasText: 'linked' }).count(),
      0,
      'a folder elsewhere is no run of this one',
    );
    for (const text of await runs().allInnerTexts()) assert.doesNotMatch(text, /\]\(|\$\(|[\p{Cc}\p{Cf}]/u);

    const tooltip = await tooltipOf(row, 'Training, failed');
    const lines = (await tooltip.innerText()).split('\n');
    assert.equal(lines[0], training);
    assert.match(lines.at(-1) ?? '', /\\x1b\[31mred\\x07 \\u202egnorw\\u2069 \\u200b/);
    await nothingHappened();
  });

  it('is asked about and shown as text', async () => {
    const { workbench } = session();
    const { page } = workbench;
    await workbench.runCommand('M2AT: Delete Run');
    await workbench.pick(training);
    const dialog = page.locator('.monaco-dialog-box');
    await dialog.getByText(`Delete the run ${training}?`).waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();

    await workbench.runCommand('M2AT: Open Dashboard');
    await workbench.pick(`attack ${shown}`);
    await workbench.tab(`Attack: attack ${shown}`).waitFor();
    const dashboard = await workbench.webview('.class-bars tbody tr');
    assert.match(await dashboard.locator('main').innerText(), /\\x1b\[31mred\\x07 \\u202egnorw/);
    assert.equal(await dashboard.locator('a, img').count(), 0);
    await nothingHappened();
  });

  for (const command of [
    'Resume Run',
    'Open Report in Browser',
    'Save Report As…',
    'Evaluate Examples on Other Checkpoints…',
  ]) {
    it(`needs trust for M2AT: ${command}`, async () => {
      const { workbench } = session();
      await workbench.hideNotifications();
      await workbench.runCommand(`M2AT: ${command}`);
      if (command === 'Resume Run') await workbench.pick(training);
      await workbench.notification(/needs a trusted workspace/).waitFor();
      await nothingHappened();
    });
  }

  it('is text once it is trusted, and fails as text', async () => {
    const { workbench } = session();
    const { page } = workbench;
    await page.locator('.notification-toast').getByRole('button', { name: 'Manage Workspace Trust' }).click();
    await page.locator('.workspace-trust-editor').getByRole('button', { name: 'Trust', exact: true }).click();
    await page.locator('.workspace-trust-editor.trusted').waitFor();
    await workbench.hideNotifications();

    await workbench.runCommand('M2AT: Resume Run');
    await workbench.pick(training);
    await workbench.notification(training).getByRole('button', { name: 'Show Log' }).waitFor();
    await nothingHappened();
  });

  it('has experiments and models that are text', async () => {
    const { workbench } = session();
    const { page } = workbench;
    await workbench.hideNotifications();
    await workbench.runCommand('M2AT: Start Training Run…');
    await workbench.pick('wide.m2at.json');
    await workbench.rows.filter({ hasText: 'one [free] (command:' }).first().waitFor();
    await tooltipOf(workbench.rows.first(), 'two ![p] (https: //');
    await page.keyboard.press('Escape');

    await workbench.runCommand('M2AT: Attack Checkpoint…');
    await workbench.pick(hostileFile('.onnx').replace('](', '] (').replace('$(', '$ ('));
    await workbench.rows.filter({ hasText: `b [free] (command:` }).first().waitFor();
    await page.keyboard.press('Escape');
    await nothingHappened();
  });
});

/** The files below a folder with their sizes, times and what links lead to. */
async function contents(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true });
  return Promise.all(
    found.map(async (name) => {
      const file = path.join(folder, name);
      const { mtimeMs, mode } = await lstat(file);
      const text = (mode & 0o170000) === 0o100000 ? await readFile(file, 'latin1') : '';
      return `${file} ${mode} ${mtimeMs} ${text.length} ${text.slice(0, 100)}`;
    }),
  );
}
