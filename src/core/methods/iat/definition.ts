import * as z from 'zod';
import { boundedLinf } from '../../attacks/budget/bounded-linf';
import { defineMethod } from '../define-method';
import { drawInnerAttack, innerAttackParameters, withBudget } from '../inner-attack-parameters';
import { mixesPairs } from '../mixes-pairs';
import { drawPairs, pairParameters } from '../pairs';
import { drawsOfPairs, iatDraws } from './draws';

export const iat = defineMethod({
  name: 'iat',
  parameters: z
    .strictObject({
      name: z
        .literal('iat')
        .describe('Mixup of the clean and of the PGD images, half and half (Lamb et al., arXiv 1906.06784).'),
      ...innerAttackParameters,
      ...pairParameters,
    })
    .superRefine(boundedLinf)
    .transform(withBudget),
  passes: ({ steps }) => ({ attack: steps, training: 2 }),
  draws: iatDraws,
  draw(batch, parameters, random) {
    const pairs = (purpose: string) => drawPairs(batch.labels.length, parameters, random(purpose));
    return {
      ...drawInnerAttack(batch, parameters, random),
      ...drawsOfPairs({ clean: pairs('mixup-clean'), adversarial: pairs('mixup-adversarial') }),
    };
  },
  refuses: () => mixesPairs,
  load: async () => (await import('./iat')).createIat,
});
