import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Browser, BrowserContext, Frame, Locator, Page } from 'playwright-core';
import { root } from '../root';
import type { PageOptions, VSCodeServer } from './vscode-server';

/** Long enough for a slow machine with two cores; every wait ends as soon as its condition holds. */
const patienceMs = 90_000;

/** The workbench of VS Code in a page of the browser, driven like a user drives it. */
export class Workbench {
  private constructor(
    private readonly context: BrowserContext,
    readonly page: Page,
  ) {}

  static async open(
    browser: Browser,
    server: VSCodeServer,
    options: PageOptions,
    viewport = { width: 1440, height: 900 },
  ): Promise<Workbench> {
    const context = await browser.newContext({ viewport });
    context.setDefaultTimeout(patienceMs);
    const page = await context.newPage();
    await page.goto(server.url(options));
    await page.locator('.monaco-workbench').waitFor();
    return new Workbench(context, page);
  }

  async close(): Promise<void> {
    await this.context.close();
  }

  /** Picks a command in the palette by its exact title, "M2AT: Stop Run". */
  async runCommand(title: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      await this.openQuickInput('F1');
      await this.quickInput.fill(`>${title}`);
      const row = this.rows.filter({ hasText: title }).first();
      try {
        await row.click({ timeout: 20_000 });
        return;
      } catch (error) {
        // An editor that opened just before takes the focus when it is ready, and so closes the palette.
        if (attempt === 3 || (await this.quickInput.isVisible())) throw error;
      }
    }
  }

  /** Opens a file of the workspace by its name. */
  async openFile(name: string): Promise<void> {
    await this.openQuickInput('Control+p');
    await this.quickInput.fill(name);
    await this.pick(name);
    await this.tab(name).waitFor();
  }

  /** Answers a question for a text. */
  async answer(text: string): Promise<void> {
    await this.quickInput.waitFor();
    await this.quickInput.fill(text);
    await this.quickInput.press('Enter');
  }

  /** Waits for the quick-pick row whose label is, or starts with, this text, and chooses it. */
  async pick(label: string): Promise<void> {
    const row = this.rows.filter({ hasText: label }).first();
    await row.waitFor();
    await row.click();
  }

  /** Chooses the row with this text if that question comes before the one with `next`, which always comes. */
  async pickIfAsked(label: string, next: string): Promise<void> {
    const asked = this.rows.filter({ hasText: label });
    await asked
      .or(this.rows.filter({ hasText: next }))
      .first()
      .waitFor();
    if ((await asked.count()) > 0) await this.pick(label);
  }

  /** Accepts the preselected rows of a quick pick with several choices, once it shows `label`. */
  async accept(label: string): Promise<void> {
    await this.rows.filter({ hasText: label }).first().waitFor();
    await this.page.locator('.quick-input-widget .quick-input-action').getByText('OK').click();
  }

  get quickInput(): Locator {
    return this.page.locator('.quick-input-widget input[type="text"]');
  }

  get rows(): Locator {
    return this.page.locator('.quick-input-list .monaco-list-row');
  }

  /** The tab of an editor or panel. */
  tab(name: string | RegExp): Locator {
    return this.page.locator('.tabs-container .tab').filter({ hasText: name });
  }

  /** The row of a view's tree that has this text. */
  treeRow(text: string | RegExp): Locator {
    return this.page.locator('.pane-body .monaco-list-row').filter({ hasText: text });
  }

  /** Clicks an action in the title bar of the active editor. */
  async titleAction(label: string): Promise<void> {
    await this.page
      .locator('.editor-group-container.active .editor-actions')
      .getByLabel(label)
      .first()
      .click();
  }

  /** A message in a notification toast. */
  notification(text: string | RegExp): Locator {
    return this.page.locator('.notification-list-item').filter({ hasText: text });
  }

  async hideNotifications(): Promise<void> {
    await this.runCommand('Notifications: Clear All Notifications');
    await this.page.locator('.notification-toast').first().waitFor({ state: 'detached' });
  }

  /** The document of the visible webview that has `selector`: the innermost of its nested frames. */
  async webview(selector: string): Promise<Frame> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      for (const frame of this.page.frames()) {
        if (frame === this.page.mainFrame()) continue;
        // A frame may be replaced while it is asked; then the next round asks its successor.
        const found = await frame
          .locator(selector)
          .count()
          .catch(() => 0);
        if (found > 0) return frame;
      }
      if (Date.now() > deadline) {
        const urls = this.page.frames().map((frame) => frame.url());
        throw new Error(`No webview has ${selector}. Frames:\n${urls.join('\n')}`);
      }
      await this.page.waitForEvent('framenavigated', { timeout: 500 }).catch(() => undefined);
    }
  }

  /** Writes a picture of the window to `test-results/<name>.png` and returns its path. */
  async screenshot(name: string, folder = path.join(root, 'test-results')): Promise<string> {
    await mkdir(folder, { recursive: true });
    const file = path.join(folder, `${name}.png`);
    await this.page.screenshot({ path: file });
    return file;
  }

  /** A key pressed while the workbench is still starting is lost, so it is pressed until the box is there. */
  private async openQuickInput(key: string): Promise<void> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      await this.page.keyboard.press(key);
      try {
        await this.quickInput.waitFor({ timeout: 3000 });
        return;
      } catch (error) {
        if (Date.now() > deadline) throw error;
      }
    }
  }
}
