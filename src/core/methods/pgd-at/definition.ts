import * as z from 'zod';
import { boundedLinf } from '../../attacks/budget/bounded-linf';
import { defineMethod } from '../define-method';
import {
  drawInnerAttack,
  startDraws,
  innerAttackParameters,
  innerAttackPasses,
  withBudget,
} from '../inner-attack-parameters';

/** With the training set-up of Rice et al. 2020: BatchNorm in train mode while attacking. */
export const pgdAt = defineMethod({
  name: 'pgd-at',
  parameters: z
    .strictObject({
      name: z.literal('pgd-at').describe('Trains on PGD examples of the batch (Madry et al., ICLR 2018).'),
      ...innerAttackParameters,
    })
    .superRefine(boundedLinf)
    .transform(withBudget),
  passes: innerAttackPasses,
  draws: startDraws,
  draw: drawInnerAttack,
  load: async () => (await import('./pgd-at')).createPgdAt,
});
