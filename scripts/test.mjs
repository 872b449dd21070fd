// npm test: every check there is, on a clone where nothing is installed or built yet.
// Options: --only STAGE[,STAGE], --grep TEXT (of test titles).
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensureInstalled } from './ensure-installed.mjs';
import { main } from './lib/prepare.mjs';
import { runNode } from './lib/run.mjs';

const bin = (file) => createRequire(import.meta.url).resolve(file);
const eslint = () => [path.join(path.dirname(bin('eslint/package.json')), 'bin', 'eslint.js'), '.'];
const prettier = () => [bin('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.'];
const tsc = (...args) => [bin('typescript/bin/tsc'), '--noEmit', ...args];
const mocha = (bundle) => ['--enable-source-maps', 'scripts/lib/run-mocha.mjs', bundle];

/** In order: what is cheap and fails most often comes first. `tests` stages are mocha's and have counts. */
const stages = {
  lint: { title: 'Lint and formatting', commands: () => [eslint(), prettier()] },
  types: { title: 'Types', commands: () => [tsc(), tsc('-p', 'webview')] },
  build: { title: 'Build', commands: () => [['scripts/build.mjs']] },
  unit: { title: 'Unit tests', tests: true, commands: () => [mocha('out/unit.js')] },
  data: { title: 'CIFAR-10', commands: () => [['dist/cli.js', 'data', 'fetch', 'cifar10']] },
  host: {
    title: 'Tests in the extension host',
    tests: true,
    commands: () => [['--enable-source-maps', 'out/host-runner.js']],
  },
  browser: { title: 'Tests in the browser', tests: true, commands: () => [mocha('out/e2e.js')] },
};

/** What a stage that is asked for by name can't do without. */
const needs = { unit: ['build'], data: ['build'], host: ['build', 'data'], browser: ['build', 'data'] };

function chosenStages(only) {
  if (only === undefined) return Object.keys(stages);
  const names = only.split(',');
  const unknown = names.find((name) => !(name in stages));
  if (unknown !== undefined) {
    throw new Error(`There is no stage "${unknown}". Stages: ${Object.keys(stages).join(', ')}.`);
  }
  const all = new Set(names.flatMap((name) => [...(needs[name] ?? []), name]));
  return Object.keys(stages).filter((name) => all.has(name));
}

async function countsIn(file) {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    // The tests' process ended before it could count.
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Runs one stage; resolves to whether it passed, and adds the counts of its tests to `total`. */
async function runStage(name, total, { folder, grep }) {
  const { title, tests, commands } = stages[name];
  console.log(`\n=== ${title} ===`);
  const start = Date.now();
  const countsFile = path.join(folder, `${name}.json`);
  const env = { ...process.env, M2AT_TEST_COUNTS: countsFile, ...(grep ? { M2AT_TEST_GREP: grep } : {}) };
  let passed = true;
  for (const args of commands()) passed = passed && (await runNode(args, { env })) === 0;
  const counts = tests ? await countsIn(countsFile) : undefined;
  if (tests) {
    total.passed += counts?.passes ?? 0;
    total.failed += counts?.failures ?? 0;
    total.skipped += counts?.pending ?? 0;
    if (passed && !counts?.passes && !grep) {
      console.error('No test ran.');
      passed = false;
    }
  }
  // A failure outside any test, a lint error or a crash, must show in the sum.
  if (!passed && !counts?.failures) total.failed += 1;
  console.log(
    `--- ${title}: ${passed ? 'passed' : 'FAILED'} in ${((Date.now() - start) / 1000).toFixed(1)} s`,
  );
  return passed;
}

await main(async () => {
  const { values } = parseArgs({ options: { only: { type: 'string' }, grep: { type: 'string' } } });
  const chosen = chosenStages(values.only);
  const start = Date.now();
  await ensureInstalled();
  const folder = await mkdtemp(path.join(tmpdir(), 'm2at-test-'));
  const total = { passed: 0, failed: 0, skipped: 0 };
  let passed = true;
  try {
    for (const name of chosen) {
      passed = await runStage(name, total, { folder, grep: values.grep });
      if (!passed) break;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  console.log(
    `\n${passed ? 'All stages passed' : 'Stopped'} after ${Math.round((Date.now() - start) / 1000)} s.`,
  );
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
  console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
  return passed ? 0 : 1;
});
