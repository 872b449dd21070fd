import * as z from 'zod';
import { defineMethod } from '../define-method';
import { drawPairs, mixedRows, pairDraws, pairParameters } from '../pairs';
import { mixesPairs } from '../mixes-pairs';
import { shownClasses } from '../shown-classes';

export const mixup = defineMethod({
  name: 'mixup',
  parameters: z.strictObject({
    name: z
      .literal('mixup')
      .describe('Ordinary training on mixtures of two images and of their labels (Zhang et al., ICLR 2018).'),
    ...pairParameters,
  }),
  passes: () => ({ attack: 0, training: 1 }),
  draws: pairDraws,
  draw: ({ labels }, parameters, random) => drawPairs(labels.length, parameters, random('mixup')),
  targets: (batch, pairs) => mixedRows(shownClasses(batch, batch), pairs),
  refuses: () => mixesPairs,
  load: async () => (await import('./mixup')).createMixup,
});
