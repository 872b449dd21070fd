import type { CreateAttack } from '../base/attack';
import { pgdAttack } from './pgd';
import type { ResolvedBim } from './pgd-variants-definition';

/**
 * Basic Iterative Method: PGD from the image itself. Kurakin, Goodfellow and Bengio, "Adversarial examples in the
 * physical world", ICLR 2017 workshop. Norm: L-inf.
 */
export const createBim: CreateAttack<ResolvedBim> = (victim, parameters) =>
  pgdAttack(victim, { ...parameters, norm: 'linf', randomStart: false, restarts: 1 });
