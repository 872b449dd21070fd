import type { InnerAttackParameters } from './inner-attack-parameters';

type Chosen = Pick<InnerAttackParameters, 'norm' | 'epsilon' | 'stepSize' | 'attackBatchNorm'>;

/** The inner attack that is one step from uniform noise. */
export function singleStep({ norm, epsilon, stepSize, attackBatchNorm }: Chosen): InnerAttackParameters {
  const start = { randomStart: true, startNoise: 'uniform' } as const;
  return { norm, epsilon, stepSize, attackBatchNorm, ...start, steps: 1 };
}
