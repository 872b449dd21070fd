import assert from 'node:assert/strict';
import path from 'node:path';
import { countsOf, fuzz, keepFindings } from '../../fuzz/campaign';
import { plans } from '../../fuzz/targets';

describe('runs of which a file or folder is damaged', () => {
  it('give the right numbers, or say that something is wrong: every file, every damage', async function () {
    this.timeout(3 * 3_600_000);
    const { count } = plans.damage;
    const tally = await fuzz('damage', {
      script: path.join(__dirname, 'fuzz-child.js'),
      firstSeed: 0,
      count,
    });
    console.log(`      ${countsOf([tally]).split('\n')[1] ?? ''}`);
    const kept = await keepFindings(tally);
    assert.equal(tally.findings.length, 0, `${tally.findings.length} findings\n${kept.join('\n\n')}`);
  });
});
