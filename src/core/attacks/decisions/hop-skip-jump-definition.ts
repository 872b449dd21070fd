import * as z from 'zod';
import { fraction } from '../../fraction';
import { defineScoreAttack } from '../base/define-attack';
import { targetParameters } from '../parameters/target-schema';

/** HopSkipJump, Chen, Jordan and Wainwright 2020. */
const hopSkipJumpParameters = z.strictObject({
  name: z
    .literal('hopskipjump')
    .describe('Walks along the boundary, by decisions only (Chen et al., S&P 2020).'),
  norm: z.enum(['l2', 'linf']).default('l2').describe('What a perturbation is measured by.'),
  steps: z.int().min(0).max(10_000).default(50).describe('Steps of a search.'),
  initialEvaluations: z
    .int()
    .min(1)
    .max(100_000)
    .default(100)
    .describe("Forward passes for the first step's direction; they grow with the root of the step."),
  maxEvaluations: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(10_000)
    .describe('Most forward passes for a direction.'),
  gamma: z
    .number()
    .gt(0)
    .max(1000)
    .default(1)
    .describe('Precision of the binary search: gamma / d^1.5 for l2, gamma / d^2 for linf, of d values.'),
  initialDraws: z
    .int()
    .min(0)
    .max(100_000)
    .default(100)
    .describe('Images of uniform noise that are tried as a start.'),
  epsilon: fraction.optional().describe('A larger perturbation does not count. Default: any counts.'),
  ...targetParameters,
});

export type HopSkipJumpParameters = z.output<typeof hopSkipJumpParameters>;

export const hopSkipJump = defineScoreAttack({
  parameters: hopSkipJumpParameters,
  title: 'HopSkipJump',
  sees: 'decisions',
  minimal: true,
  norms: ['l2', 'linf'],
  usual: () => ({}),
  load: async () => (await import('./hop-skip-jump')).createHopSkipJump,
});
