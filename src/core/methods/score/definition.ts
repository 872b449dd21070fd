import * as z from 'zod';
import { boundedLinf } from '../../attacks/budget/bounded-linf';
import { defineMethod } from '../define-method';
import { drawInnerAttack, innerAttackParameters, startDraws } from '../inner-attack-parameters';
import { smallStartParameters, withSmallStartBudget } from '../small-start-parameters';

const parameters = z
  .strictObject({
    name: z
      .literal('score')
      .describe(
        'Squared errors of the probabilities in place of cross-entropy and KL divergence (Pang et al., ICML 2022).',
      ),
    ...innerAttackParameters,
    stepSize: smallStartParameters.stepSize,
    beta: z
      .number()
      .min(0)
      .default(4)
      .describe('Weight of the difference between the answers; 0 or more. Default: 4 (Pang et al.).'),
  })
  .superRefine(boundedLinf)
  .transform(withSmallStartBudget);
export type ScoreParameters = z.output<typeof parameters>;

export const score = defineMethod({
  name: 'score',
  parameters,
  // One more, forward only, is the answer that the attack leads away from.
  passes: ({ steps }) => ({ attack: steps, training: 2, forward: 1 }),
  draws: startDraws,
  draw: drawInnerAttack,
  load: async () => (await import('./score')).createScore,
});
