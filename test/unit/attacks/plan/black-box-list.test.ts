import assert from 'node:assert/strict';
import { requestedAttack } from '../../../../src/core/attacks/plan/attack-plan';
import { attackParameters } from '../../../../src/core/attacks/plan/attack-schema';
import { createScoreAttack } from '../../../../src/core/attacks/plan/forward-victim';
import { resolveAttack } from '../../../../src/core/attacks/plan/resolve-attack';
import type { ScoreModel } from '../../../../src/core/attacks/base/score-model';
import { M2atError } from '../../../../src/core/errors';
import { blackBoxAttacks } from '../../../../src/core/attacks/plan/families';

const model: ScoreModel = { classes: 10, logits: () => Promise.reject(new Error('not asked')) };

/** Whether an attack can be bound to a network of which there are only forward passes. */
function needsNoGradient(name: string): boolean {
  try {
    createScoreAttack(model, resolveAttack(attackParameters.parse({ name })));
    return true;
  } catch (error) {
    assert.ok(error instanceof M2atError && error.code === 'unsupported', name);
    return false;
  }
}

describe('the attacks for a network without gradients', () => {
  it('are every attack that needs none, and no other', () => {
    const names = requestedAttack.options.flatMap(({ shape }): string[] => {
      const tag = shape.name;
      return 'options' in tag ? [...tag.options] : [...tag.values];
    });
    const attacks = names.filter((name) => name !== 'autoattack');
    assert.ok(attacks.length > 20);
    assert.deepEqual([...blackBoxAttacks].sort(), attacks.filter(needsNoGradient).sort());
  });
});
