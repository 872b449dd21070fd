import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser/browser';

/** Runs in the page before its own scripts: what VS Code gives a webview. Text, as this side has no DOM types. */
const asWebview = `
  window.posted = [];
  window.acquireVsCodeApi = () => ({
    postMessage(message) { window.posted.push(message); },
    getState() {},
    setState() {},
  });`;

/** What the page has posted to the extension host. */
export function posted(page: Page): Promise<unknown> {
  return page.evaluate<unknown>('window.posted');
}

/** A page of the webview in a browser, without VS Code around it. */
export class BarePage {
  private constructor(
    private readonly browser: Browser,
    private readonly folder: string,
  ) {}

  /** @param bundle its script, without `.js`, beside its style sheet */
  static async of(bundle: string): Promise<BarePage> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'm2at-page-'));
    const url = pathToFileURL(bundle).href;
    const html =
      '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Run</title>' +
      `<link rel="stylesheet" href="${url}.css"></head>` +
      `<body><div id="app"></div><script src="${url}.js"></script></body></html>`;
    await writeFile(path.join(folder, 'page.html'), html);
    return new BarePage(await launchBrowser(), folder);
  }

  async open(): Promise<Page> {
    const page = await this.browser.newPage({ viewport: { width: 1400, height: 900 } });
    page.setDefaultTimeout(20_000);
    await page.addInitScript(asWebview);
    await page.goto(pathToFileURL(path.join(this.folder, 'page.html')).href);
    return page;
  }

  async close(): Promise<void> {
    await this.browser.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** What the extension host would post. @param message in which a picture is base64, and a column a list */
export function post(page: Page, message: object): Promise<unknown> {
  return page.evaluate<unknown>(`{
    const message = ${JSON.stringify(message)};
    if (message.png) message.png = Uint8Array.from(atob(message.png), (byte) => byte.charCodeAt(0));
    for (const [name, column] of Object.entries(message.columns ?? {})) {
      message.columns[name] = Float64Array.from(column);
    }
    window.postMessage(message, '*');
  }`);
}
