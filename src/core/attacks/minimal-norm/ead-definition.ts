import * as z from 'zod';
import { defineAttack } from '../base/define-attack';
import { optimizationParameters } from './optimization-parameters';

/** Elastic-net attack, Chen et al., AAAI 2018. */
const eadParameters = z.strictObject({
  name: z
    .literal('ead')
    .describe('Elastic net: C&W with an L1 term, so few values change (Chen et al., AAAI 2018).'),
  ...optimizationParameters,
  beta: z.number().min(0).max(1).default(0.001).describe("Weight of the perturbation's L1 norm."),
  rule: z
    .enum(['en', 'l1'])
    .default('en')
    .describe('What the kept example minimises: beta * L1 + L2^2, or L1. epsilon is a bound in L1 for both.'),
});

export type EadParameters = z.output<typeof eadParameters>;

export const ead = defineAttack({
  parameters: eadParameters,
  title: 'EAD',
  minimal: true,
  norms: ['l1'],
  usual: () => ({}),
  draws: () => false,
  load: async () => (await import('./ead')).createEad,
});
