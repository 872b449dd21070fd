import * as z from 'zod';
import { boundedLinf } from '../../attacks/budget/bounded-linf';
import { defineMethod } from '../define-method';
import { drawInnerAttack, startDraws } from '../inner-attack-parameters';
import { smallStartParameters, withSmallStartBudget } from '../small-start-parameters';

const parameters = z
  .strictObject({
    name: z
      .literal('mart')
      .describe(
        'Trains on PGD examples, with more weight on images that are misclassified (Wang et al., ICLR 2020).',
      ),
    ...smallStartParameters,
    beta: z
      .number()
      .min(0)
      .default(5)
      .describe(
        'Weight of the KL divergence between the answers; 0 or more. Default: 5 (Wang et al., ResNet-18; 6 with WRN-34-10).',
      ),
  })
  .superRefine(boundedLinf)
  .transform(withSmallStartBudget);
export type MartParameters = z.output<typeof parameters>;

const ONE_CLASS = 'it compares the probability of the one true class with the largest other one';

export const mart = defineMethod({
  name: 'mart',
  parameters,
  passes: ({ steps }) => ({ attack: steps, training: 2 }),
  draws: startDraws,
  draw: drawInnerAttack,
  refuses: () => ({ labelSmoothing: ONE_CLASS, mixup: ONE_CLASS, cutmix: ONE_CLASS }),
  load: async () => (await import('./mart')).createMart,
});
