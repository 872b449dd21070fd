import type { AttackEntry } from '../../core/attacks';
import { entryOf } from '../../core/attacks/plan/attack-list';
import { planAttacks, requestedAttack } from '../../core/attacks/plan/attack-plan';
import { M2atError } from '../../core/errors';
import { describeIssue } from '../../core/experiment/describe-issue';
import { fraction, fractionText } from '../../core/fraction';
import type { AttackRequest } from '../../core/scheduler/job-requests';
import type { AttackField } from './attack-catalog';

type Attacks = readonly AttackEntry[];
export type FieldValue = string | number | boolean;

/** An attack that is being put together: what was set differs from what is left to its defaults. */
export interface AttackDraft {
  readonly name: string;
  readonly values: Readonly<Record<string, FieldValue>>;
}

/** A draft with one more value; undefined leaves it to its default. */
export function withValue(draft: AttackDraft, key: string, value: FieldValue | undefined): AttackDraft {
  const rest = Object.entries(draft.values).filter(([name]) => name !== key);
  return { ...draft, values: Object.fromEntries(value === undefined ? rest : [...rest, [key, value]]) };
}

/** What was typed: empty text leaves the default. */
export function typedValue({ fraction: isFraction }: AttackField, text: string): FieldValue | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  const number = Number(trimmed);
  if (!Number.isNaN(number)) return number;
  return isFraction ? trimmed.replace(/\s+/g, '') : trimmed;
}

/** What is wrong with a draft, for the person who types it; undefined when nothing is. */
export function problemOf(attacks: Attacks, draft: AttackDraft): string | undefined {
  const given = { name: draft.name, ...draft.values };
  const parsed = requestedAttack(attacks).safeParse(given);
  if (!parsed.success) {
    const [problem] = parsed.error.issues.flatMap((issue) => describeIssue(issue, given));
    return problem ? `${problem.path.join('.')} ${problem.message}` : 'not valid';
  }
  return planProblem(() => planAttacks(attacks, [parsed.data]));
}

/** What the attack will use for a parameter, as text; `any` for a bound that is left out, `none` for a target. */
export function shownValue(attacks: Attacks, draft: AttackDraft, key: string): string {
  const value = entryOf(attacks, draft.name)?.complete({ name: draft.name, ...draft.values })[key];
  if (key === 'target')
    return typeof value === 'string' || typeof value === 'number' ? String(value) : 'none';
  if (typeof value === 'number') return fractionText(value);
  return typeof value === 'string' || typeof value === 'boolean' ? String(value) : 'any';
}

/** The draft as a request has it. @throws ZodError for one that {@link problemOf} complains of */
export function requestOf(attacks: Attacks, { name, values }: AttackDraft): AttackRequest['attacks'][number] {
  return requestedAttack(attacks).parse({ name, ...values });
}

/** Epsilons from text such as `2/255, 4/255`, or what is wrong with it. Empty text: none. */
export function parseEpsilons(text: string): { readonly epsilons: number[] } | { readonly problem: string } {
  const parts = text
    .replace(/\s*\/\s*/g, '/')
    .split(/[\s,;]+/)
    .filter((part) => part !== '');
  const epsilons: number[] = [];
  for (const part of parts) {
    const parsed = fraction.safeParse(part);
    if (!parsed.success) return { problem: `"${part}" is no number and no fraction such as 8/255.` };
    epsilons.push(parsed.data);
  }
  return { epsilons: [...new Set(epsilons)].sort((a, b) => a - b) };
}

/** Why these attacks can't be measured with these epsilons; undefined when they can. */
export function curveProblem(
  list: Attacks,
  attacks: AttackRequest['attacks'],
  epsilons: readonly number[],
): string | undefined {
  return planProblem(() => planAttacks(list, attacks, { epsilons }));
}

/** Whether a list of epsilons makes sense: minimal-norm attacks draw a curve by themselves. */
export function hasCurve(list: Attacks, attacks: AttackRequest['attacks']): boolean {
  return curveProblem(list, attacks, [2 / 255]) === undefined;
}

function planProblem(plan: () => unknown): string | undefined {
  try {
    plan();
    return undefined;
  } catch (error) {
    if (error instanceof M2atError) return error.message.split('\n').join(' ');
    throw error;
  }
}
