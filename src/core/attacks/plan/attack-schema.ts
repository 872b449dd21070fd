import * as z from 'zod';
import { fraction, PIXEL_RANGE, pixelFraction } from '../../fraction';
import { apgdParameters, apgdTargetedParameters } from '../gradient/apgd-definition';
import { boundaryParameters } from '../decisions/boundary-definition';
import { hopSkipJumpParameters } from '../decisions/hop-skip-jump-definition';
import { nesParameters } from '../scores/nes-definition';
import { cwParameters } from '../minimal-norm/cw-definition';
import { deepFoolParameters } from '../minimal-norm/deepfool-definition';
import { eadParameters } from '../minimal-norm/ead-definition';
import { fabParameters, fabTargetedParameters } from '../minimal-norm/fab-definition';
import { jsmaParameters } from '../minimal-norm/jsma-definition';
import { bimParameters, fgsmRsParameters, miFgsmParameters } from '../gradient/pgd-variants-definition';
import { simbaParameters } from '../scores/simba-definition';
import { spatialParameters } from '../scores/spatial-definition';
import { spsaParameters } from '../scores/spsa-definition';
import { squareParameters } from '../scores/square-definition';
import { targetParameters } from '../parameters/target-schema';

/** Fast Gradient Sign Method, Goodfellow et al. 2015. */
export const fgsmParameters = z.strictObject({
  name: z.literal('fgsm').describe('One step along the sign of the gradient (Goodfellow et al., ICLR 2015).'),
  epsilon: pixelFraction.prefault('8/255'),
  ...targetParameters,
});

/** Projected Gradient Descent, Madry et al. 2018. */
export const pgdParameters = z
  .strictObject({
    name: z
      .literal('pgd')
      .describe('Projected gradient descent from a random start (Madry et al., ICLR 2018).'),
    norm: z.enum(['linf', 'l2', 'l1']).default('linf'),
    epsilon: fraction.optional().describe('Default: 8/255 for linf, 0.5 for l2, 12 for l1.'),
    stepSize: fraction
      .optional()
      .describe('Default: epsilon / 4 for linf, 2.5 * epsilon / steps for l2 and l1.'),
    steps: z.int().min(1).max(10_000).default(20),
    randomStart: z.boolean().default(true),
    restarts: z.int().min(1).max(100).default(1),
    momentum: z
      .number()
      .min(0)
      .default(0)
      .describe(
        'Share of the accumulated gradient that a step keeps; 0: each step follows its own gradient.',
      ),
    eotSamples: z
      .int()
      .min(1)
      .max(1000)
      .default(1)
      .describe('Gradients that a step averages: for networks whose output is random.'),
    ...targetParameters,
  })
  .superRefine(({ norm, epsilon, stepSize }, context) => {
    // The L2 and L1 norms are over all pixels of an image: a budget above 1 makes sense there.
    if (norm !== 'linf') return;
    for (const [key, value] of Object.entries({ epsilon, stepSize })) {
      if (value === undefined || value <= 1) continue;
      context.addIssue({ code: 'custom', path: [key], message: `for linf ${PIXEL_RANGE}; got ${value}` });
    }
  });

export const attackParameters = z.discriminatedUnion('name', [
  fgsmParameters,
  fgsmRsParameters,
  bimParameters,
  miFgsmParameters,
  pgdParameters,
  apgdParameters,
  apgdTargetedParameters,
  deepFoolParameters,
  fabParameters,
  fabTargetedParameters,
  cwParameters,
  eadParameters,
  jsmaParameters,
  squareParameters,
  simbaParameters,
  nesParameters,
  spsaParameters,
  hopSkipJumpParameters,
  boundaryParameters,
  spatialParameters,
]);

export type FgsmParameters = z.output<typeof fgsmParameters>;
export type PgdParameters = z.output<typeof pgdParameters>;
export type AttackParameters = z.output<typeof attackParameters>;
