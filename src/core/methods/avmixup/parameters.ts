import * as z from 'zod';
import { boundedLinf } from '../../attacks/budget/bounded-linf';
import { innerAttackParameters, withBudget } from '../inner-attack-parameters';

const share = z.number().min(0).max(1);

/** Adversarial vertex mixup, Lee et al., CVPR 2020. */
export const avmixupParameters = z
  .strictObject({
    name: z
      .literal('avmixup')
      .describe('Mixes each image with a vertex beyond its PGD example, labels too (Lee et al., CVPR 2020).'),
    ...innerAttackParameters,
    gamma: z
      .number()
      .min(0)
      .max(100)
      .default(2)
      .describe('How far the vertex is from the image, in perturbations of PGD (in the paper 2).'),
    lambda1: share
      .default(1)
      .describe(
        'Weight of the true class at the image, in [0, 1]; the others share the rest (in the paper 1).',
      ),
    lambda2: share.default(0.1).describe('The same at the vertex (in the paper 0.1).'),
  })
  .superRefine(boundedLinf)
  .transform(withBudget);

export type AvmixupParameters = z.output<typeof avmixupParameters>;

/** Weight of the true class where an image has the given weight beside its vertex: phi is linear in it. */
export function trueShare(
  { lambda1, lambda2 }: Pick<AvmixupParameters, 'lambda1' | 'lambda2'>,
  weight: number,
): number {
  return weight * lambda1 + (1 - weight) * lambda2;
}
