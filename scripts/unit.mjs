// node scripts/unit.mjs [part of a path] [mocha options]: builds and runs the unit tests whose path contains it.
import { createRequire } from 'node:module';
import path from 'node:path';
import { main } from './lib/prepare.mjs';
import { runNode } from './lib/run.mjs';
import { withTests } from './lib/with-tests.mjs';

const [filter = '', ...options] = process.argv.slice(2);
const mocha = createRequire(import.meta.url).resolve('mocha/bin/mocha.js');
await main(() =>
  withTests('unit', { filter }, (bundle) =>
    runNode(['--enable-source-maps', mocha, '--fail-zero', bundle, ...options], {
      // Runs of the user are none of the tests' business.
      env: { ...process.env, M2AT_STATE: path.resolve(path.dirname(bundle), 'state') },
    }),
  ),
);
