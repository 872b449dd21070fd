import * as z from 'zod';
import { fraction } from '../../fraction';
import { defineEnsemble, type AttackRequest } from '../base/define-attack';
import { usualEpsilon } from '../budget/usual-epsilon';

/** AutoAttack: an ensemble of attacks without parameters to tune, Croce and Hein, ICML 2020. */
const autoAttackParameters = z.strictObject({
  name: z.literal('autoattack').describe('An ensemble of attacks (Croce and Hein, ICML 2020).'),
  version: z
    .enum(['standard', 'plus', 'rand'])
    .default('standard')
    .describe(
      'standard: APGD-CE, APGD-T, FAB-T and Square. plus: all six with more restarts. rand: APGD-CE and APGD-DLR ' +
        'with 20 gradients a step, for networks whose output is random.',
    ),
  norm: z.enum(['linf', 'l2', 'l1']).default('linf').describe('What a perturbation is measured by.'),
  epsilon: fraction.optional().describe('Default: 8/255 for linf, 0.5 for l2, 12 for l1.'),
});

type AutoAttackParameters = z.output<typeof autoAttackParameters>;

/** FAB looks at every class of the usual data sets, as the reference does. */
const ALL_CLASSES = 1000;

/** The attacks that a version consists of, with the reference implementation's parameters. */
function members({ version, norm }: AutoAttackParameters): AttackRequest[] {
  const steps = 100;
  const square = { name: 'square', queries: 5000 };
  const fabTargeted = { name: 'fab-t', steps, restarts: 1, targets: 9 };
  switch (version) {
    case 'standard':
      return [
        { name: 'apgd-ce', steps, restarts: norm === 'l1' ? 5 : 1 },
        { name: 'apgd-t', steps, restarts: 1, targets: norm === 'l1' ? 5 : 9 },
        fabTargeted,
        square,
      ];
    case 'plus':
      return [
        { name: 'apgd-ce', steps, restarts: 5 },
        { name: 'apgd-dlr', steps, restarts: 5 },
        { name: 'fab', steps, restarts: 5, candidates: ALL_CLASSES },
        square,
        { name: 'apgd-t', steps, restarts: 1, targets: 9 },
        fabTargeted,
      ];
    case 'rand':
      return [
        { name: 'apgd-ce', steps, restarts: 1, eotSamples: 20 },
        { name: 'apgd-dlr', steps, restarts: 1, eotSamples: 20 },
      ];
  }
}

export const autoAttack = defineEnsemble({
  parameters: autoAttackParameters,
  title: 'AutoAttack',
  sees: 'gradients',
  variants: autoAttackParameters.shape.version.unwrap().options,
  norms: ['linf', 'l2', 'l1'],
  untargeted:
    'Its members apgd-t and fab-t aim at one class after another, but count any error. They have targets when they are ' +
    'asked for by name: --attack apgd-ce,apgd-t,fab-t,square.',
  complete: (given) => ({ ...given, epsilon: given.epsilon ?? usualEpsilon[given.norm] }),
  members: (parameters) => {
    const { norm, epsilon } = parameters;
    return members(parameters).map((member) => ({ ...member, norm, epsilon }));
  },
  variant: ({ version }) => version,
  fewClasses: (classes) =>
    classes >= 4
      ? undefined
      : `The network has ${classes} classes, too few for AutoAttack's DLR losses (3, targeted 4): other losses take ` +
        'their place, and there are fewer target classes. Add PGD with restarts to confirm the result.',
});
