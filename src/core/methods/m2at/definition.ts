import { defineMethod } from '../define-method';
import { drawLambda } from '../draw-lambda';
import { drawInnerAttack, innerAttackPasses } from '../inner-attack-parameters';
import { shownClasses } from '../shown-classes';
import { m2atDraws } from './draws';
import { mixedLabels } from './labels';
import { drawMasks } from './mask';
import { m2atParameters } from './parameters';

export const m2at = defineMethod({
  name: 'm2at',
  parameters: m2atParameters,
  passes: innerAttackPasses,
  draws: m2atDraws,
  draw(batch, parameters, random) {
    const [count = 0, height = 0, width = 0] = batch.images.shape;
    return {
      ...drawInnerAttack(batch, parameters, random),
      mask: drawMasks(count, height, width, parameters.mask, random('mask')),
      lambda: drawLambda(count, parameters.mixBeta, random('mix')),
    };
  },
  targets: (batch, { mask, lambda }, parameters) =>
    mixedLabels(shownClasses(batch, batch), mask, lambda.data, parameters.labels),
  refuses: ({ labels: { policy } }) =>
    policy === 'hard' ? {} : { labelSmoothing: 'its labels are smooth by its own rule (labels.policy)' },
  load: async () => (await import('./m2at')).createM2at,
});
