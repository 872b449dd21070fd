import type { AttackEntry } from '../../core/attacks/base/define-attack';
import { norms } from '../../core/attacks/parameters/attack-parameters';

/** Every attack in a line: name, norms, whether it needs gradients, and what it is. */
export function attackList(attacks: readonly AttackEntry[]): string {
  const rows = [...attacks]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((entry) => [entry.name, normsOf(entry), kindOf(entry), descriptionOf(entry)] as const);
  const width = (column: 0 | 1 | 2): number => Math.max(...rows.map((row) => row[column].length));
  const [nameWidth, normWidth, kindWidth] = [width(0), width(1), width(2)];
  return rows
    .map(
      ([name, norm, kind, description]) =>
        `  ${name.padEnd(nameWidth)}  ${norm.padEnd(normWidth)}  ${kind.padEnd(kindWidth)}  ${description}`,
    )
    .join('\n');
}

function normsOf({ norms: own }: AttackEntry): string {
  return norms.filter((norm) => own.includes(norm)).join(' ') || '-';
}

function kindOf(entry: AttackEntry): string {
  return entry.kind === 'attack' && entry.minimal ? `${entry.sees}, min` : entry.sees;
}

function descriptionOf({ parameters }: AttackEntry): string {
  // The papers are in docs/attacks.md.
  return (parameters.shape.name.description ?? '').replace(/ \([^()]*\d{4}[^()]*\)\.$/, '');
}
