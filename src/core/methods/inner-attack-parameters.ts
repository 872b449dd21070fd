import * as z from 'zod';
import { defaultStep } from '../attacks/budget/default-step';
import { drawRandomStart } from '../attacks/budget/random-start';
import { usualEpsilon } from '../attacks/budget/usual-epsilon';
import { pixelFraction } from '../fraction';
import type { Random } from '../random';
import type { BatchImages, RandomFor, StepPasses } from './define-method';
import { floatArray } from './draws';

/** Parameters of the inner maximisation of adversarial training: L-inf PGD. */
export const innerAttackParameters = {
  epsilon: pixelFraction.prefault('8/255'),
  stepSize: pixelFraction.optional().describe('Default: epsilon / 4.'),
  steps: z.int().min(1).max(1000).default(10).describe('Steps of PGD.'),
  randomStart: z.boolean().default(true).describe('Starts anywhere in the ball, and not at the image.'),
  attackBatchNorm: z
    .enum(['train', 'eval'])
    .default('train')
    .describe('BatchNorm during the attack: statistics of the batch, or the moving ones.'),
};

export type InnerAttackParameters = Readonly<
  z.output<z.ZodObject<typeof innerAttackParameters>> & { stepSize: number }
>;

/** What the attack starts from; nothing without a random start. */
export const startDraws = z.object({ start: floatArray.optional() });
export type StartDraws = z.output<typeof startDraws>;

/** With the step: where none is given, the share of epsilon that 2/255 is of 8/255. */
export function withStep<Parameters extends { epsilon: number; stepSize?: number | undefined }>(
  parameters: Parameters,
): Parameters & { stepSize: number } {
  const usual = { step: 2 / 255, epsilon: usualEpsilon.linf };
  return { ...parameters, stepSize: parameters.stepSize ?? defaultStep('linf', parameters.epsilon, usual) };
}

/** A step that trains once on what the attack finds. */
export function innerAttackPasses({ steps }: InnerAttackParameters): StepPasses {
  return { attack: steps, training: 1 };
}

/** A perturbation of each image that the attack starts from, uniform in the ball: [N, H, W, C]. */
export function drawInnerAttack(
  { images: { shape } }: BatchImages,
  { randomStart, epsilon }: InnerAttackParameters,
  random: RandomFor,
): StartDraws {
  if (!randomStart) return {};
  const streams = Array<Random>(shape[0] ?? 0).fill(random('pgd-start'));
  return { start: drawRandomStart('linf', shape, epsilon, streams) };
}
