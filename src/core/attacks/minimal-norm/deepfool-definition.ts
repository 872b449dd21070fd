import * as z from 'zod';
import { fraction } from '../../fraction';
import { defineAttack } from '../base/define-attack';

/** DeepFool, Moosavi-Dezfooli, Fawzi and Frossard, CVPR 2016. */
export const deepFoolParameters = z.strictObject({
  name: z
    .literal('deepfool')
    .describe('Steps to the nearest boundary, linearised (Moosavi-Dezfooli et al., CVPR 2016).'),
  norm: z.enum(['l2', 'linf']).default('l2').describe('What a perturbation is measured by.'),
  steps: z.int().min(1).max(10_000).default(50).describe('Steps of a search.'),
  overshoot: z
    .number()
    .min(0)
    .max(10)
    .default(0.02)
    .describe('The perturbation is stretched by 1 + overshoot.'),
  candidates: z
    .int()
    .min(2)
    .max(100_000)
    .default(10)
    .describe('Classes that are looked at: the true one and those with the largest clean logits.'),
  epsilon: fraction.optional().describe('A larger perturbation does not count. Default: any counts.'),
});

export type DeepFoolParameters = z.output<typeof deepFoolParameters>;

export const deepFool = defineAttack({
  parameters: deepFoolParameters,
  title: 'DeepFool',
  minimal: true,
  norms: ['l2', 'linf'],
  untargeted: 'It goes to the nearest boundary, of whatever class. Use fab, cw or apgd-t.',
  usual: () => ({}),
  draws: () => false,
  load: async () => (await import('./deepfool')).createDeepFool,
});
