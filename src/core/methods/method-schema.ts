import * as z from 'zod';
import { defaultStep } from '../attacks/budget/default-step';
import { usualEpsilon } from '../attacks/budget/usual-epsilon';
import { pixelFraction } from '../fraction';

/** How BatchNorm behaves while the perturbation is computed. */
const batchNormMode = z.enum(['train', 'eval']);

/** The inner maximisation of adversarial training: L-inf PGD. */
const innerAttack = {
  epsilon: pixelFraction.prefault('8/255'),
  stepSize: pixelFraction.optional().describe('Default: epsilon / 4.'),
  steps: z.int().min(1).max(1000).default(10),
  randomStart: z.boolean().default(true),
};

/** With the step: where none is given, the share of epsilon that 2/255 is of 8/255. */
function withStep<Parameters extends { epsilon: number; stepSize?: number | undefined }>(
  parameters: Parameters,
): Parameters & { stepSize: number } {
  const usual = { step: 2 / 255, epsilon: usualEpsilon.linf };
  return { ...parameters, stepSize: parameters.stepSize ?? defaultStep('linf', parameters.epsilon, usual) };
}

export const standardParameters = z.strictObject({ name: z.literal('standard') });

/** Madry et al. 2018, with the training set-up of Rice et al. 2020 (BatchNorm in train mode while attacking). */
export const pgdAtParameters = z
  .strictObject({
    name: z.literal('pgd-at'),
    ...innerAttack,
    attackBatchNorm: batchNormMode.default('train'),
  })
  .transform(withStep);

/** The distribution of the binary mask. A choice of this project: the abstract fixes only that it is binary. */
const mask = z.discriminatedUnion('shape', [
  z.strictObject({
    shape: z.literal('rectangle'),
    alpha: z
      .number()
      .positive()
      .default(1)
      .describe('Beta(alpha, alpha) gives the share of the image that stays outside the box.'),
  }),
  z.strictObject({
    shape: z.literal('bernoulli'),
    probability: z.number().min(0).max(1).default(0.5),
  }),
  z.strictObject({
    shape: z.literal('grid'),
    cell: z.int().min(1).default(4).describe('Side of a square cell in pixels.'),
    probability: z.number().min(0).max(1).default(0.5),
  }),
  z.strictObject({ shape: z.literal('half') }),
]);

/** How mixed images are labelled. A choice of this project. */
const labels = z.discriminatedUnion('policy', [
  z.strictObject({ policy: z.literal('hard') }),
  z.strictObject({
    policy: z.literal('smooth'),
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
    name: z.literal('m2at'),
    ...innerAttack,
    attackBatchNorm: batchNormMode.default('train'),
    mask: mask.prefault({ shape: 'rectangle' }),
    mixBeta: z.number().positive().default(1).describe('lambda ~ Beta(mixBeta, mixBeta), one per image.'),
    labels: labels.prefault({ policy: 'hard' }),
  })
  .transform(withStep);

export const methodParameters = z.discriminatedUnion('name', [
  standardParameters,
  pgdAtParameters,
  m2atParameters,
]);

export type StandardParameters = z.output<typeof standardParameters>;
export type PgdAtParameters = z.output<typeof pgdAtParameters>;
export type M2atParameters = z.output<typeof m2atParameters>;
export type MaskParameters = M2atParameters['mask'];
export type LabelParameters = M2atParameters['labels'];
export type MethodParameters = z.output<typeof methodParameters>;
