// Builds some tests beside everything that they start, for one run of them.
import { rmSync } from 'node:fs';
import * as esbuild from 'esbuild';
import { batchThread, fileFuzzChild, testBundle } from '../build.mjs';

/**
 * Builds the tests below a folder of test/ and calls `use` with their bundle.
 * @param options what `testBundle` takes: part of a path, and how the files' names end
 */
export async function withTests(folder, options, use) {
  const built = `out/tests-${process.pid}`;
  const outfile = `${built}/tests.js`;
  try {
    await esbuild.build(testBundle(folder, { ...options, outfile }));
    await esbuild.build(batchThread(built));
    await esbuild.build(fileFuzzChild(built));
    return await use(outfile);
  } finally {
    rmSync(built, { recursive: true, force: true });
  }
}
