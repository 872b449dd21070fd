import { M2atError } from '../../errors';
import { fractionText } from '../../fraction';
import type { PlannedPart } from './attack-group';
import { attackTitle } from './attack-title';
import { budgetOf, isMinimalNorm, normOf } from '../parameters/known-attack';
import type { ResolvedAttack } from './resolve-attack';

/** Each is an attack, or a whole ensemble. */
const MOST_EPSILONS = 64;

/**
 * For each part with a fixed epsilon a group of the same attacks with each of the epsilons, ascending. The step size
 * keeps its ratio to epsilon. The epsilon that the part itself has is left out, since it is measured anyway.
 * @throws M2atError `bad-input` for a list that is out of range, or fits none of the parts
 */
export function planCurves(parts: readonly PlannedPart[], epsilons: readonly number[]): PlannedPart[] {
  const bounded = parts.flatMap((part) => {
    const attacks = part.attacks.filter((one) => Number.isFinite(budgetOf(one)));
    return attacks.some((one) => !isMinimalNorm(one)) ? [{ part, attacks }] : [];
  });
  assertEpsilons(
    epsilons,
    bounded.flatMap(({ attacks }) => attacks),
  );
  const ascending = [...new Set(epsilons)].filter((epsilon) => epsilon > 0).sort((a, b) => a - b);
  const curves = bounded.flatMap(({ part, attacks }): PlannedPart[] => {
    const measured = oneEpsilonOf(part.attacks);
    const own = ascending.filter((epsilon) => measured === undefined || !isClose(epsilon, measured));
    if (own.length === 0) return [];
    const { name } = part.group;
    const group = {
      name: `${name}-curve`,
      title: titleOf(part, attacks),
      ensemble: true,
      missing: [],
      epsilons: own,
    };
    return [{ attacks: own.flatMap((epsilon) => attacks.map((one) => withEpsilon(one, epsilon))), group }];
  });
  if (curves.length > 0) return curves;
  throw new M2atError('bad-input', 'the list holds nothing but what is measured anyway', {
    where: 'epsilons of the curve',
    hint: 'Name other epsilons than 0 and the budget of the attack.',
  });
}

function assertEpsilons(epsilons: readonly number[], attacks: readonly ResolvedAttack[]): void {
  const fail = (what: string, hint: string): never => {
    throw new M2atError('bad-input', what, { where: 'epsilons of the curve', hint });
  };
  if (epsilons.length === 0) fail('the list is empty', 'Such as 1/255,2/255,4/255,8/255.');
  if (epsilons.length > MOST_EPSILONS) {
    fail(`there are ${epsilons.length}, at most ${MOST_EPSILONS} are measured`, 'Leave some out.');
  }
  for (const epsilon of epsilons) {
    if (Number.isFinite(epsilon) && epsilon >= 0) continue;
    fail(`${epsilon} is no size of a perturbation`, 'Such as 1/255,2/255,4/255,8/255.');
  }
  const norms = [...new Set(attacks.map(normOf))];
  if (norms.length === 0) {
    fail(
      'none of the attacks has a fixed epsilon',
      'Leave the list out: the curve of a minimal-norm attack comes from the norms that it finds.',
    );
  }
  if (norms.length > 1) {
    fail(`the attacks have different norms: ${norms.join(', ')}`, 'Attack with one norm at a time.');
  }
  const largest = Math.max(...epsilons);
  if (norms[0] === 'linf' && largest > 1) {
    fail(`${fractionText(largest)} is too large: for linf it is at most 1`, 'Pixels are in [0, 1].');
  }
}

/** The epsilon that all attacks of a part have; undefined where they differ, or one has none. */
function oneEpsilonOf(attacks: readonly ResolvedAttack[]): number | undefined {
  const [first, ...others] = attacks.map(budgetOf);
  return first !== undefined && others.every((other) => other === first) ? first : undefined;
}

function isClose(a: number, b: number): boolean {
  return Math.abs(a - b) < 1e-9;
}

function withEpsilon(attack: ResolvedAttack, epsilon: number): ResolvedAttack {
  const { definition, parameters } = attack;
  const { stepSize } = parameters;
  // In pixels a step above 1 is as good as 1.
  const largest = normOf(attack) === 'linf' ? 1 : Infinity;
  const step =
    stepSize === undefined ? {} : { stepSize: Math.min(largest, stepSize * (epsilon / budgetOf(attack))) };
  return { definition, parameters: definition.complete({ ...parameters, epsilon, ...step }) };
}

/** Of an ensemble its title without the budget; of a single attack, or of a part of an ensemble, the attacks' own. */
function titleOf({ attacks, group }: PlannedPart, measured: readonly ResolvedAttack[]): string {
  if (!group.ensemble || measured.length < attacks.length) {
    return measured.map((one) => attackTitle(one, false)).join(' + ');
  }
  const budgets = new Set(attacks.map(budgetOf).filter(Number.isFinite).map(fractionText));
  return group.title
    .split(' + ')
    .map((title) => [...budgets].reduce((text, budget) => text.replace(` ${budget}`, ''), title))
    .join(' + ');
}
