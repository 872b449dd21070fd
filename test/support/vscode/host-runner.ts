import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { launchBrowser } from '../browser/browser';
import { reportMark } from './host-report';
import { root } from '../root';
import { VSCodeServer } from './vscode-server';

/** The whole stage, start of VS Code included. */
const limitMs = 10 * 60_000;

/** What the workbench and the extension host say besides the test report: kept for whoever looks for a cause. */
const logFile = path.join(root, 'test-results', 'host.log');

/** A console line, as the workbench hands it over. */
function print(log: string[], type: string, parts: unknown): void {
  const text = (Array.isArray(parts) ? parts : [parts]).map(String).join(' ');
  if (text.startsWith(reportMark)) console.log(text.slice(reportMark.length));
  else log.push(`[${type}] ${text}`);
}

/** Runs the tests of `out/host.js` in a real extension host; resolves to their exit code. */
async function runHostTests(): Promise<number> {
  const workspace = await mkdtemp(path.join(tmpdir(), 'm2at-workspace-'));
  const server = await VSCodeServer.start();
  const log: string[] = [];
  let code = 1;
  try {
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      const ended = new Promise<number>((resolve, reject) => {
        const timer = setTimeout(() => {
          reject(new Error(`The extension host's tests did not end in ${limitMs / 60_000} minutes.`));
        }, limitMs);
        const end = (code: number): void => {
          clearTimeout(timer);
          resolve(code);
        };
        const endEarly = (): void => {
          clearTimeout(timer);
          reject(new Error('The browser page with the workbench ended before the tests did.'));
        };
        page.on('crash', endEarly);
        page.on('close', endEarly);
        page.exposeFunction('codeAutomationExit', end).catch(reject);
        page
          .exposeFunction('codeAutomationLog', (type: string, parts: unknown) => {
            print(log, type, parts);
          })
          .catch(reject);
      });
      [code] = await Promise.all([
        ended,
        page.goto(
          server.url({ folder: workspace, extension: root, tests: path.join(root, 'out', 'host-index.js') }),
        ),
      ]);
      return code;
    } finally {
      await browser.close();
    }
  } finally {
    await server.stop();
    if (code !== 0) {
      await mkdir(path.dirname(logFile), { recursive: true });
      await writeFile(logFile, [...log, server.tail(200), ''].join('\n'));
      console.error(`The extension host's messages: ${logFile}`);
    }
    await rm(workspace, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

runHostTests().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
