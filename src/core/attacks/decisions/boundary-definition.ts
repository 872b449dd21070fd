import * as z from 'zod';
import { fraction } from '../../fraction';
import { defineScoreAttack } from '../base/define-attack';
import { targetParameters } from '../parameters/target-schema';

/** Boundary attack, Brendel, Rauber and Bethge 2018. */
const boundaryParameters = z.strictObject({
  name: z
    .literal('boundary')
    .describe('Random walk along the boundary, by decisions only (Brendel et al., ICLR 2018).'),
  norm: z.literal('l2').default('l2').describe('What a perturbation is measured by.'),
  steps: z.int().min(0).max(1_000_000).default(5000).describe('Steps of a search.'),
  sphericalStep: z
    .number()
    .gt(0)
    .max(1)
    .default(0.01)
    .describe('First step sideways, relative to the distance from the clean image.'),
  sourceStep: z
    .number()
    .gt(0)
    .max(1)
    .default(0.01)
    .describe('First step towards the clean image, relative to the distance from it.'),
  convergedStep: z
    .number()
    .min(0)
    .max(1)
    .default(1e-7)
    .describe('An image is done when its step towards the clean image is smaller.'),
  stepAdaptation: z.number().gt(1).max(100).default(1.5).describe('Factor by which steps grow and shrink.'),
  updateEvery: z
    .int()
    .min(1)
    .max(10_000)
    .default(5)
    .describe('Steps between two looks at how often steps succeed.'),
  initialDraws: z
    .int()
    .min(0)
    .max(100_000)
    .default(100)
    .describe('Images of uniform noise that are tried as a start.'),
  epsilon: fraction.optional().describe('A larger perturbation does not count. Default: any counts.'),
  ...targetParameters,
});

export type BoundaryParameters = z.output<typeof boundaryParameters>;

export const boundary = defineScoreAttack({
  parameters: boundaryParameters,
  title: 'Boundary',
  sees: 'decisions',
  minimal: true,
  norms: ['l2'],
  usual: () => ({}),
  load: async () => (await import('./boundary')).createBoundary,
});
