import type { AttackDefinition, AttackEntry, AttackFacts } from '../base/define-attack';

type Attacks = readonly AttackEntry[];

/** What a name stands for. */
export function entryOf(attacks: Attacks, name: string): AttackEntry | undefined {
  return attacks.find((entry) => entry.name === name);
}

/** The attacks of a list, without its ensembles. */
export function singleAttacks(attacks: Attacks): AttackDefinition[] {
  return attacks.filter((entry) => entry.kind === 'attack');
}

/** Whether forward passes are all that an attack needs. */
export function isBlackBox({ sees }: Pick<AttackFacts, 'sees'>): boolean {
  return sees !== 'gradients';
}

/** Names of the attacks that need forward passes only. */
export function blackBoxNames(attacks: Attacks): string[] {
  return attacks.filter(isBlackBox).map(({ name }) => name);
}

/** What is known of an attack that a record names: of one that another version of this program has, next to nothing. */
export function factsOf(attacks: Attacks, name: string): AttackFacts {
  const entry = entryOf(attacks, name);
  return entry?.kind === 'attack' ? entry : { title: name, sees: 'gradients', norms: ['linf'] };
}
