// node scripts/lib/run-mocha.mjs BUNDLE [K/N]: runs a bundle of tests as the mocha command would, and writes the counts and
// what failed to the file that M2AT_TEST_COUNTS names. M2AT_TEST_GREP picks tests by title; K/N does every Nth group of them,
// from the Kth.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Mocha from 'mocha';
import { root } from './root.mjs';

const { M2AT_TEST_COUNTS: countsFile, M2AT_TEST_GREP: grep } = process.env;
const configuration = JSON.parse(readFileSync(path.join(root, '.mocharc.json'), 'utf8'));
const mocha = new Mocha({ ...configuration, forbidOnly: Boolean(countsFile), ...(grep ? { grep } : {}) });
mocha.addFile(path.resolve(process.argv[2]));
if (process.argv[3]) {
  const [first, step] = process.argv[3].split('/').map(Number);
  mocha.loadFiles();
  mocha.lazyLoadFiles(true);
  mocha.suite.suites = mocha.suite.suites.filter((_, n) => n % step === first - 1);
}
const failed = [];
const runner = mocha.run((failures) => {
  const { passes, pending } = runner.stats;
  if (countsFile) writeFileSync(countsFile, JSON.stringify({ passes, failures, pending, failed }));
  process.exitCode = failures > 0 ? 1 : 0;
});
runner.on('fail', (test, error) => {
  failed.push({ title: test.fullTitle(), message: String(error?.stack ?? error).slice(0, 2000) });
});
