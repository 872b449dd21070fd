import path from 'node:path';

/** The repository: bundles run from out/bench/. */
export const root = path.resolve(__dirname, '..', '..');

export const benchmarksPage = path.join(root, 'docs', 'benchmarks.md');
