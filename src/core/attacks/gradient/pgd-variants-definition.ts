import * as z from 'zod';
import { pixelFraction } from '../../fraction';
import { defineAttack } from '../base/define-attack';
import { defaultStep } from '../budget/default-step';
import { targetParameters } from '../parameters/target-schema';
import { usualEpsilon } from '../budget/usual-epsilon';
import { lossParameter } from './loss-parameter';

/**
 * FGSM from a random start: a start uniform in the epsilon ball, one step along the gradient's sign, projected. Wong,
 * Rice and Kolter, "Fast is better than free: Revisiting adversarial training", ICLR 2020. Norm: L-inf.
 */
const fgsmRsParameters = z.strictObject({
  name: z.literal('fgsm-rs').describe('One step from a random start (Wong et al., ICLR 2020).'),
  epsilon: pixelFraction.prefault('8/255'),
  stepSize: pixelFraction.optional().describe('Default: 1.25 epsilon.'),
  restarts: z.int().min(1).max(100).default(1).describe('Searches for each image, until one fools.'),
  ...targetParameters,
});

/**
 * Basic Iterative Method: PGD from the image itself. Kurakin, Goodfellow and Bengio, "Adversarial examples in the
 * physical world", ICLR 2017 workshop. Norm: L-inf.
 */
const bimParameters = z.strictObject({
  name: z.literal('bim').describe('PGD without a random start (Kurakin et al., ICLR 2017 workshop).'),
  epsilon: pixelFraction.prefault('8/255'),
  stepSize: pixelFraction.optional().describe('Default: epsilon / 4.'),
  steps: z.int().min(1).max(10_000).default(10).describe('Steps of a search.'),
  ...lossParameter,
  ...targetParameters,
});

/**
 * Momentum Iterative FGSM: BIM along the sign of the accumulated gradients, each divided by its mean absolute value.
 * Dong et al., "Boosting Adversarial Attacks with Momentum", CVPR 2018. Norm: L-inf.
 */
const miFgsmParameters = z.strictObject({
  name: z.literal('mi-fgsm').describe('BIM with momentum (Dong et al., CVPR 2018).'),
  epsilon: pixelFraction.prefault('8/255'),
  stepSize: pixelFraction.optional().describe('Default: epsilon / 4.'),
  steps: z.int().min(1).max(10_000).default(10).describe('Steps of a search.'),
  ...lossParameter,
  decay: z.number().min(0).default(1).describe('Share of the accumulated gradient that a step keeps.'),
  ...targetParameters,
});

/** The step at the usual epsilon, as a share of any other. */
const stepOf =
  (step: number) =>
  ({ epsilon, stepSize }: { readonly epsilon: number; readonly stepSize?: number | undefined }) => ({
    stepSize: stepSize ?? defaultStep('linf', epsilon, { step, epsilon: usualEpsilon.linf }),
  });

export const fgsmRs = defineAttack({
  parameters: fgsmRsParameters,
  title: 'FGSM-RS',
  norms: ['linf'],
  usual: stepOf(10 / 255),
  steps: (parameters) => ({ ...parameters, steps: 1 }),
  load: async () => {
    const { pgdAttack } = await import('./pgd');
    return (victim, parameters) =>
      pgdAttack(victim, { ...parameters, norm: 'linf', steps: 1, randomStart: true });
  },
});

export const bim = defineAttack({
  parameters: bimParameters,
  title: 'BIM',
  norms: ['linf'],
  lossInTitle: true,
  stepsInTitle: true,
  usual: stepOf(2 / 255),
  draws: () => false,
  steps: (parameters) => parameters,
  load: async () => {
    const { pgdAttack } = await import('./pgd');
    return (victim, parameters) =>
      pgdAttack(victim, { ...parameters, norm: 'linf', randomStart: false, restarts: 1 });
  },
});

export const miFgsm = defineAttack({
  parameters: miFgsmParameters,
  title: 'MI-FGSM',
  norms: ['linf'],
  lossInTitle: true,
  usual: stepOf(2 / 255),
  draws: () => false,
  steps: (parameters) => parameters,
  load: async () => {
    const { pgdAttack } = await import('./pgd');
    return (victim, { decay, ...parameters }) =>
      pgdAttack(victim, { ...parameters, norm: 'linf', momentum: decay, randomStart: false, restarts: 1 });
  },
});
