/**
 * The classes whose loss an attack follows: the true ones, to move away from; or, targeted, the next ones,
 * (label + 1) mod classes, to move towards.
 */
export function attackedClasses(labels: Int32Array, classes: number, targeted: boolean): Int32Array {
  return targeted ? labels.map((label) => (label + 1) % classes) : labels;
}

/** How many classes a targeted attack aims at: a network with few classes has fewer, which a report should say. */
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
