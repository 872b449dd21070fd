import { M2atError } from '../../errors';
import { Random } from '../../random';
import type { LabelledImages } from './attack';
import type { AttackParameters } from '../parameters/attack-parameters';
import type { Prediction } from './predictions';
import { targetRuleOf } from '../parameters/target-rule';
import { shiftOf, type TargetRule } from '../parameters/target-schema';

/**
 * The classes whose loss an attack follows: the true ones, to move away from, or the targets, to move towards.
 * Throws TypeError when a targeted attack was given no targets.
 */
export function goalsOf({ labels, targetClasses }: LabelledImages, targeted: boolean): Int32Array {
  if (!targeted) return labels;
  if (!targetClasses) throw new TypeError('A targeted attack needs the target of each image.');
  return targetClasses;
}

/** What the targets of a number of images follow from; all arrays have an entry an image. */
export interface TargetContext {
  readonly labels: Int32Array;
  /** With `second` and `leastLikely` where the rule needs them. */
  readonly clean: readonly Prediction[];
  /** In the image set: these key random targets, so that an image has the same one whatever it is attacked with. */
  readonly indices: ArrayLike<number>;
  readonly seed: number;
  readonly classes: number;
  /** Of the rule `file`. */
  readonly given?: ArrayLike<number> | undefined;
}

/** The class that each image is to be taken for. One that is the image's label is no target: such an image is left out. */
export function chooseTargets(rule: TargetRule, context: TargetContext): Int32Array {
  const { labels, clean, indices, seed, classes, given } = context;
  const shift = shiftOf(rule);
  const targetOf = (n: number, label: number): number => {
    if (typeof rule === 'number') return rule;
    if (shift !== undefined) return (label + shift) % classes;
    switch (rule) {
      case 'second':
        return clean[n]?.second ?? label;
      case 'least-likely':
        return clean[n]?.leastLikely ?? label;
      case 'random': {
        const other = Random.keyed(seed, 'target', indices[n] ?? 0).int(classes - 1);
        return other < label ? other : other + 1;
      }
      default:
        return given?.[n] ?? label;
    }
  };
  return labels.map((label, n) => targetOf(n, label));
}

/**
 * Checks that all attacks aim at classes that the network has.
 * @param given the classes of the rule `file`, one for each image
 * @throws M2atError `bad-input`
 */
export function assertTargets(
  attacks: readonly AttackParameters[],
  { classes, given }: { readonly classes: number; readonly given?: ArrayLike<number> | undefined },
): void {
  const range = `the network has ${classes} classes, 0 to ${classes - 1}`;
  for (const attack of attacks) {
    const rule = targetRuleOf(attack);
    if (rule === undefined) continue;
    const where = `attack ${attack.name}`;
    const shift = shiftOf(rule);
    if (typeof rule === 'number' && rule >= classes) {
      throw new M2atError('bad-input', `target ${rule} is no class: ${range}`, { where });
    }
    if (shift !== undefined && shift % classes === 0) {
      throw new M2atError('bad-input', `target ${rule} is the label itself: ${range}`, { where });
    }
    if (rule !== 'file') continue;
    if (!given) {
      throw new M2atError('bad-input', 'target file needs a file of classes, one for each image', {
        where,
        hint: 'Such as m2at attack --target targets.npy.',
      });
    }
    const wrong = Array.from(given).findIndex(
      (target) => !Number.isInteger(target) || target < 0 || target >= classes,
    );
    if (wrong < 0) continue;
    throw new M2atError('bad-input', `target ${given[wrong] ?? ''} of image ${wrong} is no class: ${range}`, {
      where,
    });
  }
}

/** How many classes an attack aims at one after the other: a network with few classes has fewer, which a report should say. */
export function targetsFor(
  { name, targets }: { readonly name: string; readonly targets: number },
  classes: number,
): { readonly targets: number; readonly note?: string } {
  const others = classes - 1;
  if (others >= targets) return { targets };
  const used = `${others} target${others === 1 ? '' : 's'}`;
  return {
    targets: others,
    note: `The network has ${classes} classes: ${name} used ${used} instead of ${targets}.`,
  };
}
