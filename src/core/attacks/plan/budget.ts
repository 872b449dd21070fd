import { M2atError } from '../../errors';
import { fractionText } from '../../fraction';
import { budgetOf, normOf } from '../parameters/known-attack';
import type { ResolvedAttack } from './resolve-attack';

/** What is wrong with a step of 0. */
export const ZERO_STEP = 'with a step of 0 an attack moves nothing';

/**
 * @throws M2atError `bad-input` for an epsilon that leaves nothing to attack, or exceeds the range of pixels; for a step
 * of 0
 */
export function assertBudget(attack: ResolvedAttack): void {
  const epsilon = budgetOf(attack);
  const { name, stepSize } = attack.parameters;
  const where = `attack ${name}: epsilon`;
  if (epsilon === 0) {
    throw new M2atError('bad-input', 'is 0: no perturbation is allowed, so there is nothing to attack', {
      where,
      hint: 'The robust accuracy would be the clean accuracy. Usual for linf is 8/255.',
    });
  }
  if (stepSize === 0) {
    throw new M2atError('bad-input', `is 0: ${ZERO_STEP}`, {
      where: `attack ${name}: step size`,
      hint: 'Leave it out: then it follows epsilon.',
    });
  }
  if (normOf(attack) === 'linf' && epsilon > 1 && Number.isFinite(epsilon)) {
    throw new M2atError('bad-input', `is ${fractionText(epsilon)}: for linf it is at most 1`, {
      where,
      hint: 'Pixels are in [0, 1]; eight grey levels are 8/255.',
    });
  }
}
