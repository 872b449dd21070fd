import * as z from 'zod';
import { boundedLinf } from '../../attacks/budget/bounded-linf';
import { defaultStep } from '../../attacks/budget/default-step';
import { usualEpsilon } from '../../attacks/budget/usual-epsilon';
import { fraction } from '../../fraction';
import { defineMethod } from '../define-method';
import {
  drawInnerAttack,
  innerAttackParameters,
  innerAttackPasses,
  startDraws,
} from '../inner-attack-parameters';
import { singleStep } from '../single-step';

const { norm, epsilon, attackBatchNorm } = innerAttackParameters;

/** Step and epsilon of the authors' code: a step overshoots the ball, which it is then projected on. */
const usualStep = { step: 10 / 255, epsilon: 8 / 255 };

const parameters = z
  .strictObject({
    name: z
      .literal('fgsm-rs')
      .describe('Trains on examples of one FGSM step from a random start (Wong et al., ICLR 2020).'),
    norm,
    epsilon,
    stepSize: fraction
      .optional()
      .describe('Size of the step. Default: 1.25 epsilon, 10/255 at 8/255 (Wong et al., ICLR 2020).'),
    attackBatchNorm,
  })
  .superRefine(boundedLinf)
  .transform(({ norm, epsilon = usualEpsilon[norm], stepSize, ...rest }) => ({
    ...{ ...rest, norm, epsilon, stepSize: stepSize ?? defaultStep(norm, epsilon, usualStep) },
  }));
export type FgsmRsParameters = z.output<typeof parameters>;

export const fgsmRs = defineMethod({
  name: 'fgsm-rs',
  parameters,
  passes: (chosen) => innerAttackPasses(singleStep(chosen)),
  draws: startDraws,
  draw: (batch, chosen, random) => drawInnerAttack(batch, singleStep(chosen), random),
  load: async () => (await import('./fgsm-rs')).createFgsmRs,
});
