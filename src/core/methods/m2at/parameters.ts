import * as z from 'zod';
import { boundedLinf } from '../../attacks/budget/bounded-linf';
import { innerAttackParameters, withBudget } from '../inner-attack-parameters';

const share = z.number().min(0).max(1).default(0.5);

/** The distribution of the binary mask. A choice of this project: the abstract fixes only that it is binary. */
const mask = z.discriminatedUnion('shape', [
  z.strictObject({
    shape: z.literal('rectangle').describe('The box of CutMix, clipped to the image.'),
    alpha: z
      .number()
      .positive()
      .default(1)
      .describe('Beta(alpha, alpha) gives the share of the image that stays outside the box.'),
  }),
  z.strictObject({
    shape: z.literal('bernoulli').describe('Each pixel on its own.'),
    probability: share.describe('Of a pixel that keeps the perturbation in the first partial image.'),
  }),
  z.strictObject({
    shape: z.literal('grid').describe('Square cells.'),
    cell: z.int().min(1).default(4).describe('Side of a square cell in pixels.'),
    probability: share.describe('Of a cell that keeps the perturbation in the first partial image.'),
  }),
  z.strictObject({ shape: z.literal('half').describe('The top, bottom, left or right half.') }),
]);

/** How mixed images are labelled. A choice of this project. */
const labels = z.discriminatedUnion('policy', [
  z.strictObject({
    policy: z.literal('hard').describe('The true class, which both partial images share.'),
  }),
  z.strictObject({
    policy: z.literal('smooth').describe('The less of the true class, the more of the perturbation is kept.'),
    minimum: z
      .number()
      .min(0)
      .max(1)
      .default(0.1)
      .describe('Weight of the true class when the whole perturbation is kept; it is 1 when none is.'),
  }),
]);

/** Masking and Mixing Adversarial Training, Adachi et al. 2023 (arXiv 2302.08066). */
export const m2atParameters = z
  .strictObject({
    name: z
      .literal('m2at')
      .describe('Masks PGD perturbations and mixes the masked images (Adachi et al., VISAPP 2023).'),
    ...innerAttackParameters,
    mask: mask.prefault({ shape: 'rectangle' }).describe('Which pixels keep the perturbation.'),
    mixBeta: z.number().positive().default(1).describe('lambda ~ Beta(mixBeta, mixBeta), one per image.'),
    labels: labels.prefault({ policy: 'hard' }).describe('What mixed images are labelled with.'),
  })
  .superRefine(boundedLinf)
  .transform(withBudget);

export type M2atParameters = z.output<typeof m2atParameters>;
export type MaskParameters = M2atParameters['mask'];
export type LabelParameters = M2atParameters['labels'];
