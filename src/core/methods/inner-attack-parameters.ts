import * as z from 'zod';
import { drawImages } from '../attacks/base/image-streams';
import { defaultStep } from '../attacks/budget/default-step';
import { drawRandomStart } from '../attacks/budget/random-start';
import { usualEpsilon } from '../attacks/budget/usual-epsilon';
import { fraction } from '../fraction';
import type { Random } from '../random';
import type { BatchImages, RandomFor, StepPasses } from './define-method';
import { floatArray } from './draws';

/** Deviation of a normal start, of pixels in [0, 1]: as in the code of TRADES and MART. */
const START_DEVIATION = 0.001;

/** Parameters of the inner maximisation of adversarial training: PGD. */
export const innerAttackParameters = {
  norm: z.enum(['linf', 'l2']).default('linf').describe('What the perturbation is measured by.'),
  epsilon: fraction.optional().meta({
    description: 'Largest perturbation, for pixels in [0, 1]. Default: 8/255 for linf, 0.5 for l2.',
    suggestions: ['8/255'],
  }),
  stepSize: fraction
    .optional()
    .describe(
      'Size of a step. Default: epsilon / 4 for linf; 15/128 of epsilon for l2 (Rice et al., ICML 2020).',
    ),
  steps: z.int().min(1).max(1000).default(10).describe('Steps of PGD.'),
  randomStart: z.boolean().default(true).describe('Starts beside the image, and not at it.'),
  startNoise: z
    .enum(['uniform', 'normal'])
    .default('uniform')
    .describe(
      'Of a random start: anywhere in the ball, or normal noise of deviation 0.001 (as TRADES and MART).',
    ),
  attackBatchNorm: z
    .enum(['train', 'eval'])
    .default('train')
    .describe('BatchNorm during the attack: statistics of the batch, or the moving ones.'),
};

export type InnerAttackParameters = Readonly<
  z.output<z.ZodObject<typeof innerAttackParameters>> & { epsilon: number; stepSize: number }
>;

/** What the attack starts from; nothing without a random start. */
export const startDraws = z.object({ start: floatArray.optional() });
export type StartDraws = z.output<typeof startDraws>;

/** Steps at a budget: where none is given, the same share of epsilon. L2: Rice et al., ICML 2020. */
const usualSteps = {
  linf: { step: 2 / 255, epsilon: usualEpsilon.linf },
  l2: { step: 15 / 255, epsilon: 128 / 255 },
};

interface GivenBudget {
  readonly norm: 'linf' | 'l2';
  readonly epsilon?: number | undefined;
  readonly stepSize?: number | undefined;
}

/** With what follows from other parameters of the inner attack filled in. */
export function withBudget<Parameters extends GivenBudget>(
  given: Parameters,
): Parameters & { epsilon: number; stepSize: number } {
  const { norm, epsilon = usualEpsilon[norm], stepSize } = given;
  return { ...given, epsilon, stepSize: stepSize ?? defaultStep(norm, epsilon, usualSteps[norm]) };
}

/** A step that trains once on what the attack finds. */
export function innerAttackPasses({ steps }: InnerAttackParameters): StepPasses {
  return { attack: steps, training: 1 };
}

/** A perturbation of each image that the attack starts from: [N, H, W, C]. */
export function drawInnerAttack(
  { images: { shape }, epsilonShare = 1 }: BatchImages,
  { norm, randomStart, startNoise, epsilon }: InnerAttackParameters,
  random: RandomFor,
): StartDraws {
  if (!randomStart) return {};
  const streams = Array<Random>(shape[0] ?? 0).fill(random('pgd-start'));
  if (startNoise === 'uniform') {
    return { start: drawRandomStart(norm, shape, epsilonShare * epsilon, streams) };
  }
  const start = drawImages(shape, streams, (noise, stream) => {
    for (let i = 0; i < noise.length; i++) noise[i] = START_DEVIATION * stream.normal();
  });
  return { start };
}
