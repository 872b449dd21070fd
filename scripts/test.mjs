// npm test: every check there is, on a clone where nothing is installed or built yet.
// Options: --only STAGE[,STAGE], --grep TEXT (of test titles).
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensureInstalled } from './ensure-installed.mjs';
import { main } from './lib/prepare.mjs';
import { runNode, runNodeAside } from './lib/run.mjs';

const bin = (file) => createRequire(import.meta.url).resolve(file);
const eslint = () => [path.join(path.dirname(bin('eslint/package.json')), 'bin', 'eslint.js'), '.'];
const prettier = () => [bin('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.'];
const tsc = (...args) => [bin('typescript/bin/tsc'), '--noEmit', ...args];
const mocha = (bundle, ...part) => ['--enable-source-maps', 'scripts/lib/run-mocha.mjs', bundle, ...part];

/** Processes that share the unit tests: each computes with one thread nearly all the time. */
const shares = Math.min(4, availableParallelism());
const unitTests = () => Array.from({ length: shares }, (_, n) => mocha('out/unit.js', `${n + 1}/${shares}`));

/**
 * In order: what is cheap and fails most often comes first. The commands of a stage run at the same time. `tests` stages are
 * mocha's and have counts.
 */
const stages = {
  lint: {
    title: 'Lint, formatting and types',
    commands: () => [eslint(), prettier(), tsc(), tsc('-p', 'webview')],
  },
  build: { title: 'Build', commands: () => [['scripts/build.mjs']] },
  unit: { title: 'Unit tests', tests: true, commands: unitTests },
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

/** The sum over the processes that shared the tests; undefined where none of them could count. */
async function countsIn(files) {
  const all = (await Promise.all(files.map(countsOf))).filter(Boolean);
  const sum = (key) => all.reduce((total, counts) => total + counts[key], 0);
  return all.length === 0
    ? undefined
    : {
        passes: sum('passes'),
        failures: sum('failures'),
        pending: sum('pending'),
        failed: all.flatMap(({ failed = [] }) => failed),
      };
}

async function countsOf(file) {
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
  const files = [];
  const codes = await Promise.all(
    commands().map((args, n) => {
      files.push(path.join(folder, `${name}-${n}.json`));
      // Runs of the user are none of the tests' business, nor theirs of the user's windows.
      const state = path.join(folder, `${name}-${n}-state`);
      const env = {
        ...process.env,
        M2AT_STATE: state,
        M2AT_TEST_COUNTS: files[n],
        ...(grep ? { M2AT_TEST_GREP: grep } : {}),
      };
      // One of them is seen while it runs.
      return (n === 0 ? runNode : runNodeAside)(args, { env });
    }),
  );
  let passed = codes.every((code) => code === 0);
  const counts = tests ? await countsIn(files) : undefined;
  if (tests) {
    total.passed += counts?.passes ?? 0;
    total.failed += counts?.failures ?? 0;
    total.skipped += counts?.pending ?? 0;
    total.titles.push(...(counts?.failed ?? []));
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
  const total = { passed: 0, failed: 0, skipped: 0, titles: [] };
  let passed = true;
  try {
    for (const name of chosen) {
      passed = await runStage(name, total, { folder, grep: values.grep });
      if (!passed) break;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  // Once more, where whoever sees the end of a log finds it.
  for (const { title, message } of total.titles) console.log(`\nFailed: ${title}\n${message}`);
  console.log(
    `\n${passed ? 'All stages passed' : 'Stopped'} after ${Math.round((Date.now() - start) / 1000)} s.`,
  );
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
  console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
  return passed ? 0 : 1;
});
