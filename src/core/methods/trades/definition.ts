import * as z from 'zod';
import { boundedLinf } from '../../attacks/budget/bounded-linf';
import { defineMethod } from '../define-method';
import { drawInnerAttack, startDraws } from '../inner-attack-parameters';
import { smallStartParameters, withSmallStartBudget } from '../small-start-parameters';

const parameters = z
  .strictObject({
    name: z
      .literal('trades')
      .describe('Right answers on natural images that PGD examples change little (Zhang et al., ICML 2019).'),
    ...smallStartParameters,
    beta: z
      .number()
      .min(0)
      .default(6)
      .describe('Weight of the KL divergence between the answers; 0 or more. Default: 6 (Zhang et al.).'),
  })
  .superRefine(boundedLinf)
  .transform(withSmallStartBudget);
export type TradesParameters = z.output<typeof parameters>;

export const trades = defineMethod({
  name: 'trades',
  parameters,
  // One more, forward only, is the answer that the attack leads away from.
  passes: ({ steps }) => ({ attack: steps, training: 2, forward: 1 }),
  draws: startDraws,
  draw: drawInnerAttack,
  load: async () => (await import('./trades')).createTrades,
});
