import * as z from 'zod';
import { fraction } from '../../fraction';
import { attackParameters, type AttackParameters } from './attack-schema';
import { usualEpsilon } from '../budget/usual-epsilon';

/** AutoAttack: an ensemble of attacks without parameters to tune, Croce and Hein, ICML 2020. */
export const autoAttackParameters = z.strictObject({
  name: z.literal('autoattack').describe('An ensemble of attacks (Croce and Hein, ICML 2020).'),
  version: z
    .enum(['standard', 'plus', 'rand'])
    .default('standard')
    .describe(
      'standard: APGD-CE, APGD-T, FAB-T and Square. plus: all six with more restarts. rand: APGD-CE and APGD-DLR ' +
        'with 20 gradients a step, for networks whose output is random.',
    ),
  norm: z.enum(['linf', 'l2', 'l1']).default('linf'),
  epsilon: fraction.optional().describe('Default: 8/255 for linf, 0.5 for l2, 12 for l1.'),
});

export type AutoAttackParameters = z.output<typeof autoAttackParameters>;

export interface AutoAttackMembers {
  readonly attacks: readonly AttackParameters[];
  /** Members that can't be carried out in this norm. */
  readonly missing: readonly string[];
}

/**
 * The attacks that a version of AutoAttack consists of, with the reference implementation's parameters. For l1 its
 * `standard` version gives APGD-CE 5 restarts and APGD-T 5 target classes.
 */
export function autoAttackMembers({ version, norm, epsilon }: AutoAttackParameters): AutoAttackMembers {
  const budget = { norm, epsilon: epsilon ?? usualEpsilon[norm] };
  const attacks: AttackParameters[] = [];
  const missing: string[] = [];
  for (const { name, ...own } of members(version, norm)) {
    const parsed = attackParameters.safeParse({ name, ...budget, ...own });
    if (parsed.success) attacks.push(parsed.data);
    else missing.push(name);
  }
  return { attacks, missing };
}

/** FAB looks at every class of the usual data sets, as the reference does. */
const ALL_CLASSES = 1000;

type Member = { readonly name: string } & Readonly<Record<string, unknown>>;

function members(version: AutoAttackParameters['version'], norm: AutoAttackParameters['norm']): Member[] {
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
