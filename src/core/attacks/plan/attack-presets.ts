import type { AttackEntry, AttackRequest } from '../base/define-attack';
import { blackBoxNames } from './attack-list';

export const presetIds = [
  'quick-look',
  'cw-pgd-20',
  'robustbench',
  'autoattack-l2',
  'minimal-norm',
  'black-box',
] as const;
export type PresetId = (typeof presetIds)[number];

/** What an attack request says of its attacks. */
export interface AttackChoice {
  readonly attacks: AttackRequest[];
  /** Budgets of the accuracy curve, for pixels in [0, 1]. */
  readonly epsilons?: number[] | undefined;
}

export interface AttackPreset extends AttackChoice {
  readonly id: PresetId;
  readonly label: string;
  readonly description: string;
  readonly detail: string;
}

const levels = (count: number): number => count / 255;

/** Choices that are usual in the field, quickest first; docs/attacks.md says why each is as it is. */
export const attackPresets: readonly AttackPreset[] = [
  {
    id: 'quick-look',
    label: 'Quick look',
    description: 'FGSM, PGD-20, L-inf 8/255',
    detail: 'How robust the network is about, with the accuracy at 2/255, 4/255 and 16/255 as a curve',
    attacks: [
      { name: 'fgsm', epsilon: '8/255' },
      { name: 'pgd', norm: 'linf', epsilon: '8/255', stepSize: '2/255', steps: 20 },
    ],
    epsilons: [levels(2), levels(4), levels(16)],
  },
  {
    id: 'cw-pgd-20',
    label: 'CW-PGD-20',
    description: 'PGD on the margin of the logits, 20 steps, L-inf 8/255',
    detail:
      'What soft labels hide from PGD: the largest wrong logit minus the true one instead of the cross-entropy',
    attacks: [{ name: 'pgd', norm: 'linf', epsilon: '8/255', stepSize: '2/255', steps: 20, loss: 'cw' }],
  },
  {
    id: 'robustbench',
    label: 'RobustBench',
    description: 'AutoAttack standard, L-inf 8/255',
    detail: 'The number that papers and leaderboards report: APGD-CE, APGD-T, FAB-T and Square',
    attacks: [{ name: 'autoattack', version: 'standard', norm: 'linf', epsilon: '8/255' }],
  },
  {
    id: 'autoattack-l2',
    label: 'AutoAttack L2',
    description: 'AutoAttack standard, L2 0.5',
    detail: 'The same four attacks within a Euclidean ball',
    attacks: [{ name: 'autoattack', version: 'standard', norm: 'l2', epsilon: 0.5 }],
  },
  {
    id: 'minimal-norm',
    label: 'Minimal norm',
    description: 'DeepFool, FAB, L2',
    detail: 'The smallest perturbation that fools, image by image: its distribution instead of one budget',
    attacks: [
      { name: 'deepfool', norm: 'l2' },
      { name: 'fab', norm: 'l2' },
    ],
  },
  {
    id: 'black-box',
    label: 'Black-box',
    description: 'Square, L-inf 8/255; HopSkipJump, L2',
    detail: 'Forward passes only, thousands an image: what somebody without the weights can do',
    attacks: [
      { name: 'square', norm: 'linf', epsilon: '8/255' },
      { name: 'hopskipjump', norm: 'l2', steps: 20 },
    ],
  },
];

/**
 * @param list the attacks that there are
 * @param gradients false: only what needs forward passes alone
 */
export function presetsFor(list: readonly AttackEntry[], gradients: boolean): readonly AttackPreset[] {
  return gradients ? attackPresets : attackPresets.filter(({ attacks }) => areBlackBox(list, attacks));
}

/** Whether forward passes are all that these attacks need. */
export function areBlackBox(list: readonly AttackEntry[], attacks: AttackChoice['attacks']): boolean {
  const names = blackBoxNames(list);
  return attacks.every(({ name }) => names.includes(name));
}
