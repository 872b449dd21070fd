import * as z from 'zod';
import { defineScoreAttack } from '../base/define-attack';

/** Rotations and translations, Engstrom et al. 2019. */
export const spatialParameters = z.strictObject({
  name: z.literal('spatial').describe('Rotations and translations (Engstrom et al., ICML 2019).'),
  search: z
    .enum(['grid', 'random'])
    .default('grid')
    .describe('Every combination of a grid, or the worst of some random ones.'),
  maxRotation: z.number().min(0).max(180).default(30).describe('Degrees, both ways.'),
  maxTranslation: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe('Share of a side, rounded to whole pixels, all four ways.'),
  rotations: z.int().min(1).max(1000).default(31).describe('Angles of the grid.'),
  translations: z.int().min(1).max(1000).default(5).describe('Shifts of the grid, along each side.'),
  samples: z.int().min(1).max(100_000).default(10).describe('Random transformations an image.'),
});

export type SpatialParameters = z.output<typeof spatialParameters>;

export const spatial = defineScoreAttack({
  parameters: spatialParameters,
  title: 'Spatial',
  sees: 'scores',
  norms: [],
  untargeted: 'It tries all its transformations, and no author aims them at a class. Use square.',
  usual: () => ({}),
  draws: ({ search }) => search !== 'grid',
  load: async () => (await import('./spatial')).createSpatial,
});
