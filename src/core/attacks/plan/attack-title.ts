import { fractionText } from '../../fraction';
import { targetRuleOf } from '../parameters/target-rule';
import { budgetOf, hasNorm, normOf } from '../parameters/known-attack';
import type { ResolvedAttack } from './resolve-attack';

/** What titles state anyway, and what other defaults depend on. */
const stated = ['norm', 'epsilon', 'steps'] as const;

/**
 * A short name, such as `pgd-20 linf 8/255` or `CW-PGD-20 linf 8/255`; whatever differs from the default is added.
 * @param withBudget false: without epsilon, and the step that goes with it
 */
export function attackTitle(attack: ResolvedAttack, withBudget = true): string {
  const { definition, parameters } = attack;
  const { name, norm, epsilon, steps, loss } = parameters;
  const given = Object.entries({ name, norm, epsilon, steps }).filter(([, value]) => value !== undefined);
  const usual = definition.complete({ name, ...Object.fromEntries<unknown>(given) });
  const inName = definition.stepsInTitle && steps !== undefined ? `-${steps}` : '';
  const otherLoss = definition.lossInTitle && typeof loss === 'string' && loss !== usual.loss;
  const budget = budgetOf(attack);
  const changed = Object.entries(parameters).filter(
    ([key, value]) =>
      !stated.some((one) => one === key) &&
      value !== usual[key] &&
      !(otherLoss && key === 'loss') &&
      (withBudget || key !== 'stepSize') &&
      // One of the two says it: `targeted`, or `target second`.
      key !== (targetRuleOf(parameters) === 'next' ? 'target' : 'targeted'),
  );
  // Numbers first, then what is on or off.
  const changes = [
    ...changed.filter(([, value]) => typeof value !== 'boolean'),
    ...changed.filter(([, value]) => typeof value === 'boolean'),
  ].map(([key, value]) => changeText(key, value));
  const usualSteps = definition.parameters.parse({ name }).steps;
  const otherSteps =
    steps === undefined || inName || usualSteps === undefined || usualSteps === steps
      ? []
      : [`${steps} steps`];
  const head = [
    `${otherLoss ? `${loss.toUpperCase()}-${definition.title}` : name}${inName}`,
    ...(hasNorm(attack) ? [normOf(attack)] : []),
    ...(withBudget && Number.isFinite(budget) ? [fractionText(budget)] : []),
  ];
  return [head.join(' '), ...otherSteps, ...changes].join(', ');
}

/** `{ stepSize: 0.2 }` as `step 0.2`, `{ restarts: 3 }` as `3 restarts`, `{ randomStart: false }` as `no random start`. */
function changeText(key: string, value: unknown): string {
  const words = key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replace(/ size$/, '');
  if (typeof value === 'boolean') return value ? words : `no ${words}`;
  if (typeof value !== 'number' || key === 'target') return `${words} ${String(value)}`;
  return words.endsWith('s') ? `${value} ${words}` : `${words} ${fractionText(value)}`;
}
