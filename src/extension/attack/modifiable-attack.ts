import type { Registry } from '../../core/registry/registry';
import { attackSettings, changedAttack, problemText } from '../../core/runs/attack-like-settings';
import type { KnownAttackTask } from '../../core/runs/known-task';
import type { Modifiable } from '../experiment/modify-settings';

/** An attack run, whose settings are those of `m2at attack --like RUN --set …`. @param root of its runs */
export function modifiableAttack(
  task: KnownAttackTask,
  { name, root, registry }: { readonly name: string; readonly root: string; readonly registry: Registry },
): Modifiable {
  return {
    name: `attack on ${name}`,
    often: [
      ...['attacks.*.epsilon', 'attacks.*.steps', 'attacks.*.stepSize', 'attacks.*.restarts'],
      ...['attacks.*.name', 'epsilons', 'count', 'seed', 'corruptions'],
    ],
    isFile: false,
    settings: (set) => attackSettings(task, set, registry),
    changed: (set) => {
      const { problems } = changedAttack(task, { root, set }, registry);
      if (!problems) return { name };
      return {
        problems: problems.map((problem) => ({ path: problem.path.join('.'), text: problemText(problem) })),
      };
    },
  };
}
