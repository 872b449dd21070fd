import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { format } from 'node:util';
import Mocha from 'mocha';
import { reportMark } from '../support/vscode/host-report';

/** Generous, because a slow machine trains in some of these tests. */
const timeoutMs = 120_000;

/** The workbench carries the console to the terminal, mixed with its own messages and with the formats unfilled. */
class MarkedSpec extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    Mocha.reporters.Base.consoleLog = (...parts: unknown[]) => {
      console.log(`${reportMark}${format(...parts)}`);
    };
    super(runner, options);
  }
}

/**
 * The extension host calls this instead of waiting for a user: runs `out/host.js`, the bundle of every
 * `test/host/**\/*.test.ts`. The counts and what failed go to the file that `M2AT_TEST_COUNTS` names, where `scripts/test.mjs`
 * adds them up.
 * @throws Error if a test failed, which makes the test run's exit code 1.
 */
export async function run(): Promise<void> {
  const { M2AT_TEST_COUNTS: countsFile, M2AT_TEST_GREP: grep } = process.env;
  process.setSourceMapsEnabled(true);
  const mocha = new Mocha({
    ui: 'bdd',
    color: false,
    timeout: timeoutMs,
    forbidOnly: Boolean(countsFile),
    reporter: MarkedSpec,
    ...(grep ? { grep } : {}),
  });
  mocha.addFile(path.join(__dirname, 'host.js'));
  const failed: { title: string; message: string }[] = [];
  const stats = await new Promise<Mocha.Stats | undefined>((resolve) => {
    const runner = mocha.run(() => {
      resolve(runner.stats);
    });
    runner.on('fail', (test, error: unknown) => {
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      failed.push({ title: test.fullTitle(), message: message.slice(0, 2000) });
    });
  });
  if (stats === undefined) throw new Error('mocha kept no statistics');
  const { passes, failures, pending } = stats;
  if (countsFile) await writeFile(countsFile, JSON.stringify({ passes, failures, pending, failed }));
  if (failures > 0) throw new Error(`${failures} of ${passes + failures} tests failed`);
}
