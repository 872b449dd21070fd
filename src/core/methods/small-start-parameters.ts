import { fraction } from '../fraction';
import { innerAttackParameters, withBudget } from './inner-attack-parameters';

/** An inner attack as in the code of TRADES: it starts close to the image, with BatchNorm's moving statistics. */
export const smallStartParameters = {
  ...innerAttackParameters,
  stepSize: fraction
    .optional()
    .describe('Size of a step. Default: epsilon / 4 for linf; 2 * epsilon / steps for l2 (code of TRADES).'),
  startNoise: innerAttackParameters.startNoise.default('normal'),
  attackBatchNorm: innerAttackParameters.attackBatchNorm.default('eval'),
};

interface GivenBudget {
  readonly norm: 'linf' | 'l2';
  readonly epsilon?: number | undefined;
  readonly stepSize?: number | undefined;
  readonly steps: number;
}

/** With what follows from other parameters filled in. */
export function withSmallStartBudget<Parameters extends GivenBudget>(
  given: Parameters,
): Parameters & { epsilon: number; stepSize: number } {
  const full = withBudget(given);
  if (given.norm === 'linf' || given.stepSize !== undefined) return full;
  return { ...full, stepSize: (2 * full.epsilon) / given.steps };
}
