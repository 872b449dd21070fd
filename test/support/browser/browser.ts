import { chromium, type Browser } from 'playwright-core';
import { provisionBrowser, type BrowserExecutable } from './browser-package';
import { findBrowser } from './find-browser';

/**
 * The browser that the tests use: an installed one, or else the one from the registry.
 * `M2AT_TEST_BROWSER=registry` insists on the latter.
 */
export async function chooseBrowser(): Promise<BrowserExecutable> {
  const choice = process.env.M2AT_TEST_BROWSER;
  if (choice !== undefined && choice !== 'registry' && choice !== '') {
    throw new Error(`M2AT_TEST_BROWSER is "${choice}"; it can be "registry" or unset.`);
  }
  const installed = choice === 'registry' ? undefined : findBrowser();
  return installed === undefined ? provisionBrowser() : { path: installed, environment: {} };
}

/** Starts a headless browser. The caller closes it. */
export async function launchBrowser(): Promise<Browser> {
  const { path, environment } = await chooseBrowser();
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return chromium.launch({
    executablePath: path,
    headless: true,
    args: ['--disable-gpu', '--lang=en-US'],
    env: { ...Object.fromEntries(inherited), ...environment },
    timeout: 120_000,
  });
}
