import * as z from 'zod';
import { fraction } from '../../fraction';
import { defineAttack } from '../base/define-attack';
import { targetParameters } from '../parameters/target-schema';

const common = {
  norm: z.enum(['linf', 'l2', 'l1']).default('linf').describe('What a perturbation is measured by.'),
  steps: z.int().min(1).max(10_000).default(100).describe('Steps of a search.'),
  restarts: z.int().min(1).max(100).default(1).describe('From the second on the start is random.'),
  alphaMax: z.number().min(0).max(1).default(0.1).describe('Largest pull towards the clean image.'),
  eta: z.number().min(1).max(10).default(1.05).describe('How far a step goes beyond the boundary.'),
  beta: z
    .number()
    .min(0)
    .max(1)
    .default(0.9)
    .describe('What is left of the perturbation after an example was found.'),
  epsilon: fraction
    .optional()
    .describe(
      'A larger perturbation does not count, and an image with a smaller one is done. Also twice the radius of ' +
        'random starts. Default: any perturbation counts; radius 0.15 for linf, 0.5 for l2, 2.5 for l1.',
    ),
  ...targetParameters,
};

/** Fast Adaptive Boundary attack, Croce and Hein, ICML 2020. */
const fabParameters = z.strictObject({
  name: z
    .literal('fab')
    .describe('Fast Adaptive Boundary: projections on the linearised boundary (Croce and Hein, ICML 2020).'),
  ...common,
  candidates: z
    .int()
    .min(2)
    .max(100_000)
    .default(10)
    .describe('Classes that are looked at: the true one and those with the largest clean logits.'),
});

/** FAB, aimed at one class after the other. Croce and Hein, ICML 2020. */
const fabTargetedParameters = z.strictObject({
  name: z.literal('fab-t').describe('FAB, aimed at one class after the other (Croce and Hein, ICML 2020).'),
  ...common,
  targets: z
    .int()
    .min(1)
    .max(100_000)
    .default(9)
    .describe('Classes that are aimed at one after the other: those with the largest clean logits.'),
});

export type FabParameters = z.output<typeof fabParameters>;
export type FabTargetedParameters = z.output<typeof fabTargetedParameters>;

export const fab = defineAttack({
  parameters: fabParameters,
  title: 'FAB',
  minimal: true,
  norms: ['linf', 'l2', 'l1'],
  usual: () => ({}),
  draws: ({ restarts }) => restarts > 1,
  load: async () => (await import('./fab')).createFab,
});

export const fabTargeted = defineAttack({
  parameters: fabTargetedParameters,
  title: 'FAB-T',
  minimal: true,
  norms: ['linf', 'l2', 'l1'],
  usual: () => ({}),
  draws: ({ restarts }) => restarts > 1,
  load: async () => (await import('./fab-t')).createFabTargeted,
});
