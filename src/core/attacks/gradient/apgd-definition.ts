import * as z from 'zod';
import { fraction } from '../../fraction';
import { defineAttack } from '../base/define-attack';
import { boundedLinf } from '../budget/bounded-linf';
import { usualEpsilon } from '../budget/usual-epsilon';
import { targetParameters } from '../parameters/target-schema';

const common = {
  norm: z.enum(['linf', 'l2', 'l1']).default('linf').describe('What a perturbation is measured by.'),
  epsilon: fraction.optional().describe('Default: 8/255 for linf, 0.5 for l2, 12 for l1.'),
  steps: z.int().min(1).max(10_000).default(100).describe('Steps of a search.'),
  eotSamples: z
    .int()
    .min(1)
    .max(1000)
    .default(1)
    .describe('Gradients that a step averages: for networks whose output is random.'),
  ...targetParameters,
};

/** Auto-PGD on the cross-entropy or the difference of logits ratio, Croce and Hein 2020. */
const apgdParameters = <Name extends string>(name: Name) =>
  z
    .strictObject({
      name: z
        .literal(name)
        .describe(
          'Auto-PGD on the cross-entropy or the difference of logits ratio (Croce and Hein, ICML 2020).',
        ),
      ...common,
      restarts: z.int().min(1).max(100).default(1).describe('Searches for each image, until one fools.'),
    })
    .superRefine(boundedLinf);

/** Auto-PGD on the targeted difference of logits ratio, for one class after another. */
const apgdTargetedParameters = z
  .strictObject({
    name: z
      .literal('apgd-t')
      .describe('Auto-PGD on the targeted difference of logits ratio (Croce and Hein, ICML 2020).'),
    ...common,
    targets: z
      .int()
      .min(1)
      .max(999)
      .default(9)
      .describe('Classes to aim at, those with the largest logits after the predicted one.'),
    restarts: z.int().min(1).max(100).default(1).describe('Random starts for each class.'),
  })
  .superRefine(boundedLinf);

const shared = {
  norms: ['linf', 'l2', 'l1'],
  usual: ({ norm, epsilon = usualEpsilon[norm] }: ApgdBudget) => ({ epsilon }),
} as const;

interface ApgdBudget {
  readonly norm: keyof typeof usualEpsilon;
  readonly epsilon?: number | undefined;
}

export const apgdCe = defineAttack({
  ...shared,
  parameters: apgdParameters('apgd-ce'),
  title: 'APGD-CE',
  load: async () => (await import('./apgd')).createApgd('ce', 'ce-targeted'),
});

export const apgdDlr = defineAttack({
  ...shared,
  parameters: apgdParameters('apgd-dlr'),
  title: 'APGD-DLR',
  load: async () => (await import('./apgd')).createApgd('dlr', 'dlr-targeted'),
});

export const apgdTargeted = defineAttack({
  ...shared,
  parameters: apgdTargetedParameters,
  title: 'APGD-T',
  load: async () => (await import('./apgd')).createApgdTargeted,
});

type Full<Schema extends z.ZodType> = z.output<Schema> & { readonly epsilon: number };
export type ApgdParameters = Full<ReturnType<typeof apgdParameters>>;
export type ApgdTargetedParameters = Full<typeof apgdTargetedParameters>;
