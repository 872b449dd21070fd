import type { CreateAttack } from '../base/attack';
import { pgdAttack } from './pgd';
import type { ResolvedMiFgsm } from './pgd-variants-definition';

/**
 * Momentum Iterative FGSM: BIM along the sign of the accumulated gradients, each divided by its mean absolute value.
 * Dong et al., "Boosting Adversarial Attacks with Momentum", CVPR 2018. Norm: L-inf.
 */
export const createMiFgsm: CreateAttack<ResolvedMiFgsm> = (victim, { decay, ...parameters }) =>
  pgdAttack(victim, { ...parameters, norm: 'linf', momentum: decay, randomStart: false, restarts: 1 });
