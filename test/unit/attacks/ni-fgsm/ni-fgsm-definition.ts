import * as z from 'zod';
import { defineAttack } from '../../../../src/core/attacks/base/define-attack';
import { pixelFraction } from '../../../../src/core/fraction';

const niFgsmParameters = z.strictObject({
  name: z.literal('ni-fgsm').describe("MI-FGSM with Nesterov's momentum (Lin et al., ICLR 2020)."),
  epsilon: pixelFraction.prefault('8/255'),
  steps: z.int().min(1).max(10_000).default(10).describe('Steps of epsilon / steps.'),
  decay: z.number().min(0).default(1).describe('Share of the accumulated gradient that a step keeps.'),
});
export type NiFgsmParameters = z.output<typeof niFgsmParameters>;

export const niFgsm = defineAttack({
  parameters: niFgsmParameters,
  title: 'NI-FGSM',
  norms: ['linf'],
  untargeted: 'Use mi-fgsm.',
  usual: () => ({}),
  draws: () => false,
  load: async () => (await import('./ni-fgsm')).createNiFgsm,
});
