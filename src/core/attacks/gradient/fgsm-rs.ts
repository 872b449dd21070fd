import type { CreateAttack } from '../base/attack';
import { pgdAttack } from './pgd';
import type { ResolvedFgsmRs } from './pgd-variants-definition';

/**
 * FGSM from a random start: a start uniform in the epsilon ball, one step along the gradient's sign, projected. Wong,
 * Rice and Kolter, "Fast is better than free: Revisiting adversarial training", ICLR 2020. Norm: L-inf.
 */
export const createFgsmRs: CreateAttack<ResolvedFgsmRs> = (victim, parameters) =>
  pgdAttack(victim, { ...parameters, norm: 'linf', steps: 1, randomStart: true });
