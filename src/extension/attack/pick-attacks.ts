import type * as vscode from 'vscode';
import { attackCatalog, attackGroups, type AttackEntry } from './attack-catalog';
import { curveProblem, hasCurve, parseEpsilons, requestOf } from './attack-draft';
import { editAttack } from './edit-attack';
import type { AttackEntry as Entry } from '../../core/attacks';
import { presetsFor, type AttackChoice } from '../../core/attacks/plan/attack-presets';
import type { AttackRequest } from '../../core/scheduler/job-requests';
import { askText, pick, pickMany, separator } from '../show/questions';

/** Attacks, corruptions, or both. */
export interface PickedAttacks extends AttackChoice {
  readonly corruptions?: AttackRequest['corruptions'];
}

interface PresetItem extends vscode.QuickPickItem {
  /** Absent: the user puts attacks together. */
  readonly choice?: PickedAttacks;
}

/**
 * Lets the user choose a preset, or attacks and their parameters one by one.
 * @param attacks those that there are
 * @param gradients false: only attacks by forward passes are offered
 * @returns undefined when it was dismissed
 */
export async function pickAttacks(
  attacks: readonly Entry[],
  gradients: boolean,
): Promise<PickedAttacks | undefined> {
  const items: PresetItem[] = [
    ...presetsFor(attacks, gradients).map((choice) => ({
      label: choice.label,
      description: choice.description,
      detail: choice.detail,
      choice,
    })),
    {
      label: 'Common corruptions',
      description: 'Noise, blur, weather, digital',
      detail: 'Accuracy under the 15 corruptions of CIFAR-10-C at five severities, computed here; no attack',
      choice: { attacks: [], corruptions: {} },
    },
    { label: 'Custom…', detail: 'Any of the attacks, with parameters and epsilons of your choice' },
  ];
  const picked = await pick(items, {
    title: 'Attack Checkpoint',
    placeHolder: gradients
      ? 'Attacks; the robust accuracy is the worst case over them'
      : 'Attacks by forward passes; the robust accuracy is the worst case over them',
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (!picked) return undefined;
  return picked.choice ?? pickCustom(attacks, gradients);
}

async function pickCustom(list: readonly Entry[], gradients: boolean): Promise<AttackChoice | undefined> {
  const offered = attackCatalog(list).filter(({ blackBox }) => gradients || blackBox);
  const picked = await pickMany(grouped(offered), {
    title: 'Attack Checkpoint: Custom',
    placeHolder: 'Attacks, in the order of this list',
    matchOnDetail: true,
    ignoreFocusOut: true,
  });
  const entries = picked?.flatMap(({ entry }) => entry ?? []) ?? [];
  const attacks = [];
  for (const [place, entry] of entries.entries()) {
    const draft = await editAttack(list, entry, `${place + 1} of ${entries.length}`);
    if (!draft) return undefined;
    attacks.push(requestOf(list, draft));
  }
  if (attacks.length === 0) return undefined;
  if (!hasCurve(list, attacks)) return { attacks };
  const epsilons = await askEpsilons(list, attacks);
  return epsilons && { attacks, ...(epsilons.length > 0 && { epsilons }) };
}

function grouped(entries: readonly AttackEntry[]): (vscode.QuickPickItem & { entry?: AttackEntry })[] {
  return attackGroups.flatMap((group) => {
    const members = entries.filter((entry) => entry.group === group);
    if (members.length === 0) return [];
    return [separator(group), ...members.map((entry) => ({ label: entry.name, detail: entry.line, entry }))];
  });
}

/** Empty: no curve; undefined: dismissed. */
async function askEpsilons(
  list: readonly Entry[],
  attacks: AttackChoice['attacks'],
): Promise<number[] | undefined> {
  const text = await askText({
    title: 'Attack Checkpoint: Accuracy against Epsilon',
    prompt: 'Epsilons to measure, too, such as 2/255, 4/255, 16/255. Empty: none, which is the quickest.',
    placeHolder: '2/255, 4/255, 16/255',
    problemOf: (input) => {
      const parsed = parseEpsilons(input);
      if ('problem' in parsed) return parsed.problem;
      return parsed.epsilons.length === 0 ? undefined : curveProblem(list, attacks, parsed.epsilons);
    },
  });
  if (text === undefined) return undefined;
  const parsed = parseEpsilons(text);
  return 'epsilons' in parsed ? parsed.epsilons : undefined;
}
