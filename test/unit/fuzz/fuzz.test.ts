import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import { deserialize } from 'node:v8';
import { countsOf, fuzz, keepFindings } from '../../fuzz/campaign';
import type { FuzzInput } from '../../fuzz/fuzz-target';
import { openTarget, plans, targetNames } from '../../fuzz/targets';

const wholly = { depth: Infinity, maxArrayLength: Infinity, maxStringLength: Infinity } as const;
/** A structured clone writes one number in several ways, and an invalid date equals none. */
const readable = ({ files, label }: FuzzInput): unknown => [
  label,
  [...files].map(([name, bytes]) => [
    name,
    name.endsWith('.v8') ? inspect(deserialize(bytes), wholly) : bytes,
  ]),
];
const script = path.join(__dirname, 'fuzz-child.js');

describe('damaged inputs', () => {
  for (const name of targetNames) {
    const count = plans[name].testCount;
    it(`${name}: ${count} of them are read or refused with a clear message; no crash, no hang`, async function () {
      this.timeout(120_000 + count * 200);
      const tally = await fuzz(name, { script, firstSeed: 1, count });
      console.log(`      ${countsOf([tally]).split('\n')[1] ?? ''}`);
      const kept = await keepFindings(tally);
      assert.equal(tally.findings.length, 0, `${tally.findings.length} findings\n${kept.join('\n\n')}`);
      assert.equal(tally.tried, count);
      if (count < 200) return;
      // Damage that is always noticed, or never, would test nothing.
      assert.ok(tally.accepted > count / 100 && tally.refused > count / 100, countsOf([tally]));
    });
  }

  it('are the same for the same seed', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'm2at-fuzz-'));
    try {
      // Runs are made anew for these two, and tell their times.
      for (const name of targetNames.filter((name) => name !== 'resume' && name !== 'damage')) {
        const [one, other] = [
          await openTarget(name, path.join(folder, 'a', name)),
          await openTarget(name, path.join(folder, 'b', name)),
        ];
        for (let seed = 1; seed <= 20; seed++) {
          assert.deepEqual(readable(one.input(seed)), readable(other.input(seed)), name);
        }
        await one.close?.();
        await other.close?.();
      }
    } finally {
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  });
});
