import assert from 'node:assert/strict';
import { attacks } from '../../../../src/core/attacks';
import type { ScoreModel } from '../../../../src/core/attacks/base/score-model';
import { blackBoxNames, singleAttacks } from '../../../../src/core/attacks/plan/attack-list';
import { M2atError } from '../../../../src/core/errors';
import { bound, forwardVictim } from '../named';

const model: ScoreModel = { classes: 10, logits: () => Promise.reject(new Error('not asked')) };

describe('the attacks for a network without gradients', () => {
  it('are every attack that needs none, and no other', async () => {
    const names = singleAttacks(attacks).map(({ name }) => name);
    assert.ok(names.length > 20);
    const found: string[] = [];
    for (const name of names) {
      try {
        await (await bound(forwardVictim(model), { name })).dispose();
        found.push(name);
      } catch (error) {
        assert.ok(error instanceof M2atError && error.code === 'unsupported', name);
      }
    }
    assert.deepEqual(blackBoxNames(attacks), found);
  });
});
