/** Attacks that look for the smallest perturbation instead of the best one within a budget. */
const minimalNorm: ReadonlySet<string> = new Set([
  'boundary',
  'cw',
  'deepfool',
  'ead',
  'fab',
  'fab-t',
  'hopskipjump',
  'jsma',
]);

/** Attacks that need forward passes only: those that `createScoreAttack` binds. */
export const blackBoxAttacks = [
  'boundary',
  'hopskipjump',
  'nes',
  'simba',
  'spatial',
  'spsa',
  'square',
] as const;
const blackBox: ReadonlySet<string> = new Set(blackBoxAttacks);

interface Named {
  readonly name: string;
}

/** Whether an attack's examples may be larger than its epsilon; those that are don't count. */
export function isMinimalNorm({ name }: Named): boolean {
  return minimalNorm.has(name);
}

/** Whether an attack works without a gradient. */
export function isBlackBox<T extends Named>(
  attack: T,
): attack is T & { readonly name: (typeof blackBoxAttacks)[number] } {
  return blackBox.has(attack.name);
}

/** Whether an attack may start from other images than the one that it attacks. */
export function startsFromPool({ name }: Named): boolean {
  return name === 'boundary' || name === 'hopskipjump';
}
