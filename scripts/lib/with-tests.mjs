// Builds some tests beside everything that they start, for one run of them.
import { rmSync } from 'node:fs';
import * as esbuild from 'esbuild';
import { startedByTests, testBundle } from '../build.mjs';

/**
 * Builds the tests below a folder of test/ and calls `use` with their bundle.
 * @param options what `testBundle` takes: part of a path, and how the files' names end
 */
export async function withTests(folder, options, use) {
  const built = `out/tests-${process.pid}`;
  const outfile = `${built}/tests.js`;
  try {
    const bundles = [testBundle(folder, { ...options, outfile }), ...startedByTests(built)];
    await Promise.all(bundles.map((bundle) => esbuild.build(bundle)));
    return await use(outfile);
  } finally {
    rmSync(built, { recursive: true, force: true });
  }
}
