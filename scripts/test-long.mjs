// npm run test:long [-- PART]: builds and runs the long tests, every *.long.ts below test/ (whose path contains PART).
// `npm test` leaves them out. Its last line is `N passed, N failed`.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { main, prepare } from './lib/prepare.mjs';
import { runNode } from './lib/run.mjs';
import { withTests } from './lib/with-tests.mjs';

await main(async () => {
  const [filter = ''] = process.argv.slice(2);
  // Some of them start the product.
  await prepare();
  const folder = await mkdtemp(path.join(tmpdir(), 'm2at-test-'));
  const file = path.join(folder, 'counts.json');
  let counts = { passes: 0, failures: 0, pending: 0 };
  try {
    const env = { ...process.env, M2AT_STATE: path.join(folder, 'state'), M2AT_TEST_COUNTS: file };
    const code = await withTests('', { filter, suffix: '.long.ts' }, (bundle) =>
      runNode(['--enable-source-maps', 'scripts/lib/run-mocha.mjs', bundle], { env }),
    );
    counts = JSON.parse(await readFile(file, 'utf8').catch(() => JSON.stringify(counts)));
    // A crash outside any test must show.
    if (code !== 0) counts.failures = Math.max(1, counts.failures);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const ran = counts.passes + counts.failures > 0;
  if (!ran) console.error(`No long test's path contains "${filter}".`);
  const skipped = counts.pending > 0 ? `, ${counts.pending} skipped` : '';
  console.log(`${counts.passes} passed, ${counts.failures} failed${skipped}`);
  return ran && counts.failures === 0 ? 0 : 1;
});
