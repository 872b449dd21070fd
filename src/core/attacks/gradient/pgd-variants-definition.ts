import * as z from 'zod';
import { pixelFraction } from '../../fraction';
import { defaultStep } from '../budget/default-step';
import { targetParameters } from '../parameters/target-schema';
import { usualEpsilon } from '../budget/usual-epsilon';

/** FGSM from a random start, Wong, Rice and Kolter 2020. */
export const fgsmRsParameters = z.strictObject({
  name: z.literal('fgsm-rs').describe('One step from a random start (Wong et al., ICLR 2020).'),
  epsilon: pixelFraction.prefault('8/255'),
  stepSize: pixelFraction.optional().describe('Default: 1.25 epsilon.'),
  restarts: z.int().min(1).max(100).default(1),
  ...targetParameters,
});

/** Basic Iterative Method, Kurakin, Goodfellow and Bengio 2017. */
export const bimParameters = z.strictObject({
  name: z.literal('bim').describe('PGD without a random start (Kurakin et al., ICLR 2017 workshop).'),
  epsilon: pixelFraction.prefault('8/255'),
  stepSize: pixelFraction.optional().describe('Default: epsilon / 4.'),
  steps: z.int().min(1).max(10_000).default(10),
  ...targetParameters,
});

/** Momentum Iterative FGSM, Dong et al. 2018. */
export const miFgsmParameters = z.strictObject({
  name: z.literal('mi-fgsm').describe('BIM with momentum (Dong et al., CVPR 2018).'),
  epsilon: pixelFraction.prefault('8/255'),
  stepSize: pixelFraction.optional().describe('Default: epsilon / 4.'),
  steps: z.int().min(1).max(10_000).default(10),
  decay: z.number().min(0).default(1).describe('Share of the accumulated gradient that a step keeps.'),
  ...targetParameters,
});

export type FgsmRsParameters = z.output<typeof fgsmRsParameters>;
export type BimParameters = z.output<typeof bimParameters>;
export type MiFgsmParameters = z.output<typeof miFgsmParameters>;

type WithStep<Parameters> = Parameters & { readonly stepSize: number };
export type ResolvedFgsmRs = WithStep<FgsmRsParameters>;
export type ResolvedBim = WithStep<BimParameters>;
export type ResolvedMiFgsm = WithStep<MiFgsmParameters>;

const usualSteps = { 'fgsm-rs': 10 / 255, bim: 2 / 255, 'mi-fgsm': 2 / 255 };

/** With the step: where none is given, the share of epsilon that it has at 8/255. */
export function resolvePgdVariant<Parameters extends FgsmRsParameters | BimParameters | MiFgsmParameters>(
  parameters: Parameters,
): WithStep<Parameters> {
  const { name, epsilon } = parameters;
  const usual = { step: usualSteps[name], epsilon: usualEpsilon.linf };
  return { ...parameters, stepSize: parameters.stepSize ?? defaultStep('linf', epsilon, usual) };
}
