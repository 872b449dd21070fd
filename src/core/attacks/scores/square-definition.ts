import * as z from 'zod';
import { fraction } from '../../fraction';
import { defineScoreAttack } from '../base/define-attack';
import { boundedLinf } from '../budget/bounded-linf';
import { usualEpsilon } from '../budget/usual-epsilon';
import { targetParameters } from '../parameters/target-schema';

/** Square Attack, Andriushchenko et al. 2020. */
const squareParameters = z
  .strictObject({
    name: z
      .literal('square')
      .describe('Random search with squares of colour (Andriushchenko et al., ECCV 2020).'),
    norm: z.enum(['linf', 'l2', 'l1']).default('linf').describe('What a perturbation is measured by.'),
    epsilon: fraction.optional().describe('Default: 8/255 for linf, 0.5 for l2, 12 for l1.'),
    queries: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(5000)
      .describe('Forward passes an image, after that of the start.'),
    initialShare: z
      .number()
      .gt(0)
      .max(1)
      .default(0.8)
      .describe('Share of the image that the first squares cover; it falls with the queries.'),
    rescaleSchedule: z
      .boolean()
      .default(false)
      .describe('Stretch the schedule of the share, which is made for 10,000 queries, to `queries`.'),
    restarts: z.int().min(1).max(100).default(1).describe('Searches for each image, until one fools.'),
    ...targetParameters,
  })
  .superRefine(boundedLinf);

type Given = z.output<typeof squareParameters>;
export type SquareParameters = Given & { readonly epsilon: number };

export const square = defineScoreAttack({
  parameters: squareParameters,
  title: 'Square',
  sees: 'scores',
  norms: ['linf', 'l2', 'l1'],
  control: true,
  usual: ({ norm, epsilon }: Given) => ({ epsilon: epsilon ?? usualEpsilon[norm] }),
  load: async () => (await import('./square')).createSquare,
});
