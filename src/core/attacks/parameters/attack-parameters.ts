import * as z from 'zod';
import { shownText } from '../../text-schema';
import { targetRule } from './target-schema';

export const norms = ['linf', 'l2', 'l1', 'l0'] as const;
/** How the size of a perturbation is measured, over all values of an image. */
export type Norm = (typeof norms)[number];

/**
 * Parameters of any attack, as a record has them: those that several attacks have, and whatever else its own are. The
 * attack's definition knows what each may be.
 */
export const attackParameters = z.looseObject({
  name: shownText,
  norm: z.enum(norms).optional(),
  epsilon: z.number().optional(),
  stepSize: z.number().optional(),
  steps: z.number().optional(),
  restarts: z.number().optional(),
  eotSamples: z.number().optional(),
  targeted: z.boolean().optional(),
  target: targetRule.optional(),
});
export type AttackParameters = z.output<typeof attackParameters>;
