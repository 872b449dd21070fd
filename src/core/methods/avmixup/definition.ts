import { defineMethod } from '../define-method';
import { drawInnerAttack, innerAttackPasses } from '../inner-attack-parameters';
import { shownClasses } from '../shown-classes';
import { spreadClasses } from '../spread-classes';
import { avmixupDraws, drawWeights } from './draws';
import { avmixupParameters, trueShare } from './parameters';

export const avmixup = defineMethod({
  name: 'avmixup',
  parameters: avmixupParameters,
  passes: innerAttackPasses,
  draws: avmixupDraws,
  draw: (batch, parameters, random) => ({
    ...drawInnerAttack(batch, parameters, random),
    weight: drawWeights(batch.labels.length, random('vertex')),
  }),
  targets: (batch, { weight }, parameters) =>
    spreadClasses(shownClasses(batch, batch), (n) => trueShare(parameters, weight.data[n] ?? NaN)),
  refuses: () => ({ labelSmoothing: 'lambda1 and lambda2 say how smooth its labels are' }),
  load: async () => (await import('./avmixup')).createAvmixup,
});
