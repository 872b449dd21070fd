import * as z from 'zod';
import { usualEpsilon } from '../../attacks/budget/usual-epsilon';
import { pixelFraction } from '../../fraction';
import { innerAttackParameters } from '../inner-attack-parameters';

export const nFgsmParameters = z
  .strictObject({
    name: z
      .literal('n-fgsm')
      .describe(
        'Trains on examples of one FGSM step from large noise, not clipped (de Jorge et al., NeurIPS 2022).',
      ),
    epsilon: pixelFraction
      .default(usualEpsilon.linf)
      .describe('L-inf budget that noise and step are measured by, for pixels in [0, 1]. Default: 8/255.'),
    noise: z
      .number()
      .min(0)
      .max(10)
      .default(2)
      .describe(
        'Largest noise that the step starts from, in multiples of epsilon: k in U(-k epsilon, k epsilon) of de Jorge et al.',
      ),
    stepSize: pixelFraction.optional().describe('Size of the step. Default: epsilon (de Jorge et al.).'),
    attackBatchNorm: innerAttackParameters.attackBatchNorm,
  })
  .transform(({ epsilon, stepSize = epsilon, ...rest }) => ({ ...rest, epsilon, stepSize }));
export type NFgsmParameters = z.output<typeof nFgsmParameters>;
