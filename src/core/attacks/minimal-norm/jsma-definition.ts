import * as z from 'zod';
import { defineAttack } from '../base/define-attack';
import { targetParameters } from '../parameters/target-schema';

/** Jacobian-based Saliency Map Attack, Papernot et al., EuroS&P 2016. */
const jsmaParameters = z.strictObject({
  name: z
    .literal('jsma')
    .describe('Changes as few values as possible, by saliency (Papernot et al., EuroS&P 2016).'),
  theta: z
    .number()
    .min(-1)
    .max(1)
    .refine((value) => value !== 0, 'must not be 0')
    .default(1)
    .describe('What is added to a value in a step; negative: values are lowered.'),
  gamma: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe('Largest share of the values that may change: two in each step.'),
  targets: z
    .int()
    .min(1)
    .max(100_000)
    .default(1)
    .describe('Classes that are aimed at one after the other: those with the largest clean logits.'),
  epsilon: z
    .number()
    .min(0)
    .optional()
    .describe('Number of changed values. More do not count. Default: any number counts.'),
  ...targetParameters,
});

export type JsmaParameters = z.output<typeof jsmaParameters>;

export const jsma = defineAttack({
  parameters: jsmaParameters,
  title: 'JSMA',
  minimal: true,
  norms: ['l0'],
  usual: () => ({}),
  draws: () => false,
  load: async () => (await import('./jsma')).createJsma,
});
