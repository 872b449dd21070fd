import assert from 'node:assert/strict';
import { downloadProgress } from '../../../src/core/data/download-progress';
import { progressAmount } from '../../../src/core/progress-text';
import type { RunProgress } from '../../../src/core/progress';

/** What is told of a file that arrives in two parts. */
function told(expected: number | undefined, answered: number | undefined): RunProgress[] {
  const seen: RunProgress[] = [];
  const report = downloadProgress('a file', expected, (progress) => seen.push(progress));
  report(0);
  report(1_000_000, answered, 'host');
  report(2_000_000, answered, 'host');
  return seen;
}

const amounts = (seen: readonly RunProgress[]): string[] => seen.map(progressAmount);

describe('downloadProgress', () => {
  it('knows the size that is published, and the one that the host says', () => {
    assert.deepEqual(amounts(told(2_000_000, undefined)).slice(0, 1), ['0 B of 2.0 MB']);
    assert.equal(amounts(told(2_000_000, undefined)).at(-1), '2.0 MB of 2.0 MB');
    // A limit is no size: nothing is said until the host has answered.
    const seen = told(undefined, 2_000_000);
    assert.equal(amounts(seen)[0], '');
    assert.equal(amounts(seen).at(-1), '2.0 MB of 2.0 MB');
    assert.equal(seen.at(-1)?.secondsLeft, 0);
  });

  it('counts what has arrived where nobody knows the size', () => {
    const seen = told(undefined, undefined);
    assert.equal(seen.at(-1)?.total, 0);
    assert.equal(seen.at(-1)?.secondsLeft, undefined);
    assert.equal(progressAmount({ phase: 'download', done: 1_500_000, total: 0, unit: 'bytes' }), '1.5 MB');
    assert.equal(progressAmount({ phase: 'compile', done: 0, total: 0, unit: 'steps' }), '');
  });
});
