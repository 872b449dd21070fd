import assert from 'node:assert/strict';
import { STOPPED, withEarlyEnd } from '../../../src/core/report/early-end';
import { madeReport } from '../../support/attack-run';

describe('the report of an attack that ended early', () => {
  const report = { ...madeReport(), count: 12, selected: 30 };
  const attack = (status: 'running' | 'done' | 'stopped' | 'failed') => ({ kind: 'attack' as const, status });

  it('says so where the run itself had no time to', () => {
    for (const status of ['stopped', 'failed'] as const) {
      const [first, ...others] = withEarlyEnd(attack(status), report).warnings;
      assert.match(
        first ?? '',
        /ended early: the accuracies cover 12 of 30 images, with the \d+ attacks that had begun/,
      );
      assert.deepEqual(others, report.warnings);
    }
  });

  it('says so once, and not while an attack runs or when it is through', () => {
    const told = { ...report, warnings: [`${STOPPED}: the accuracies cover 12 of 30 images.`] };
    assert.equal(withEarlyEnd(attack('stopped'), told), told);
    assert.equal(withEarlyEnd(attack('done'), report), report);
    assert.equal(withEarlyEnd(attack('running'), report), report);
  });
});
