import { requestedAttack } from '../../core/attacks/plan/attack-plan';
import { isBlackBox, isMinimalNorm } from '../../core/attacks/plan/families';
import { hasNorm, normOf, resolveAttack } from '../../core/attacks/plan/resolve-attack';
import { attackNamesKnown } from './attack-flags';

const NORMS = ['linf', 'l2', 'l1', 'l0'] as const;

/** Every attack in a line: name, norms, whether it needs gradients, and what it is. */
export function attackList(): string {
  const rows = attackNamesKnown.map(
    (name) => [name, normsOf(name), kindOf(name), descriptionOf(name)] as const,
  );
  const width = (column: 0 | 1 | 2): number => Math.max(...rows.map((row) => row[column].length));
  const [names, norms, kinds] = [width(0), width(1), width(2)];
  return rows
    .map(
      ([name, norm, kind, description]) =>
        `  ${name.padEnd(names)}  ${norm.padEnd(norms)}  ${kind.padEnd(kinds)}  ${description}`,
    )
    .join('\n');
}

function normsOf(name: string): string {
  const choices = NORMS.filter((norm) => requestedAttack.safeParse({ name, norm }).success);
  if (choices.length > 0) return choices.join(' ');
  const { data } = requestedAttack.safeParse({ name });
  return !data || data.name === 'autoattack' || !hasNorm(data) ? '-' : normOf(resolveAttack(data));
}

function kindOf(name: string): string {
  if (isBlackBox({ name })) return isMinimalNorm({ name }) ? 'decisions, min' : 'scores';
  return isMinimalNorm({ name }) ? 'gradients, min' : 'gradients';
}

function descriptionOf(name: string): string {
  const own = requestedAttack.options.find(({ shape }) => shape.name.safeParse(name).success);
  // The papers are in docs/attacks.md.
  return (own?.shape.name.description ?? '').replace(/ \([^()]*\d{4}[^()]*\)\.$/, '');
}
