import type * as z from 'zod';
import { floatArray, intArray } from '../draws';
import { startDraws } from '../inner-attack-parameters';
import type { Pairs } from '../pairs';

/** Each of the two mixtures has its own pairs. */
export const iatDraws = startDraws.extend({
  cleanLambda: floatArray,
  cleanPartner: intArray,
  adversarialLambda: floatArray,
  adversarialPartner: intArray,
});
export type IatDraws = z.output<typeof iatDraws>;

interface BothPairs {
  readonly clean: Pairs;
  readonly adversarial: Pairs;
}

export function drawsOfPairs({ clean, adversarial }: BothPairs): Omit<IatDraws, 'start'> {
  return {
    cleanLambda: clean.lambda,
    cleanPartner: clean.partner,
    adversarialLambda: adversarial.lambda,
    adversarialPartner: adversarial.partner,
  };
}

export function pairsOfDraws(drawn: IatDraws): BothPairs {
  return {
    clean: { lambda: drawn.cleanLambda, partner: drawn.cleanPartner },
    adversarial: { lambda: drawn.adversarialLambda, partner: drawn.adversarialPartner },
  };
}
