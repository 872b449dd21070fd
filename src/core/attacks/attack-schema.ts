import { z } from 'zod';
import { fraction } from '../experiment/fraction';

/** A perturbation budget in [0, 1]: pixels are in [0, 1], so 8/255 is eight grey levels. */
const epsilon = fraction.refine((value) => value <= 1, 'must be between 0 and 1 (pixels are in [0, 1])');

/** Fast Gradient Sign Method, Goodfellow et al. 2015. */
export const fgsmParameters = z.strictObject({
  name: z.literal('fgsm'),
  epsilon: epsilon.prefault('8/255'),
  targeted: z.boolean().default(false),
});

/** Projected Gradient Descent, Madry et al. 2018. */
export const pgdParameters = z.strictObject({
  name: z.literal('pgd'),
  norm: z.enum(['linf', 'l2']).default('linf'),
  epsilon: epsilon.optional().describe('Default: 8/255 for linf, 0.5 for l2.'),
  stepSize: fraction.optional().describe('Default: 2/255 for linf, 2.5 * epsilon / steps for l2.'),
  steps: z.int().min(1).max(10_000).default(20),
  randomStart: z.boolean().default(true),
  restarts: z.int().min(1).max(100).default(1),
  targeted: z
    .boolean()
    .default(false)
    .describe('Push towards the next class, (label + 1) mod classes, instead of away from the label.'),
});

export const attackParameters = z.discriminatedUnion('name', [fgsmParameters, pgdParameters]);

export type FgsmParameters = z.output<typeof fgsmParameters>;
export type PgdParameters = z.output<typeof pgdParameters>;
export type AttackParameters = z.output<typeof attackParameters>;
export type AttackName = AttackParameters['name'];
