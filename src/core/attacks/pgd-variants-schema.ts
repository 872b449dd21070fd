import * as z from 'zod';
import { pixelFraction } from '../experiment/fraction';
import { targetParameters } from './target-schema';

/** FGSM from a random start, Wong, Rice and Kolter 2020. */
export const fgsmRsParameters = z.strictObject({
  name: z.literal('fgsm-rs').describe('One step from a random start (Wong et al., ICLR 2020).'),
  epsilon: pixelFraction.prefault('8/255'),
  stepSize: pixelFraction.prefault('10/255'),
  restarts: z.int().min(1).max(100).default(1),
  ...targetParameters,
});

/** Basic Iterative Method, Kurakin, Goodfellow and Bengio 2017. */
export const bimParameters = z.strictObject({
  name: z.literal('bim').describe('PGD without a random start (Kurakin et al., ICLR 2017 workshop).'),
  epsilon: pixelFraction.prefault('8/255'),
  stepSize: pixelFraction.prefault('2/255'),
  steps: z.int().min(1).max(10_000).default(10),
  ...targetParameters,
});

/** Momentum Iterative FGSM, Dong et al. 2018. */
export const miFgsmParameters = z.strictObject({
  name: z.literal('mi-fgsm').describe('BIM with momentum (Dong et al., CVPR 2018).'),
  epsilon: pixelFraction.prefault('8/255'),
  stepSize: pixelFraction.prefault('2/255'),
  steps: z.int().min(1).max(10_000).default(10),
  decay: z.number().min(0).default(1).describe('Share of the accumulated gradient that a step keeps.'),
  ...targetParameters,
});

export type FgsmRsParameters = z.output<typeof fgsmRsParameters>;
export type BimParameters = z.output<typeof bimParameters>;
export type MiFgsmParameters = z.output<typeof miFgsmParameters>;
