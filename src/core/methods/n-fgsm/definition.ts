import { defineMethod } from '../define-method';
import { drawInnerAttack, innerAttackPasses, startDraws } from '../inner-attack-parameters';
import { noiseOf, stepOf } from './noisy-step';
import { nFgsmParameters } from './parameters';

export const nFgsm = defineMethod({
  name: 'n-fgsm',
  parameters: nFgsmParameters,
  passes: (chosen) => innerAttackPasses(stepOf(chosen)),
  draws: startDraws,
  draw: (batch, chosen, random) => drawInnerAttack(batch, noiseOf(chosen), random),
  load: async () => (await import('./n-fgsm')).createNFgsm,
});
