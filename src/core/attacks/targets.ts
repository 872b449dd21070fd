/**
 * The classes whose loss an attack follows: the true ones, to move away from; or, targeted, the next ones,
 * (label + 1) mod classes, to move towards.
 */
export function attackedClasses(labels: Int32Array, classes: number, targeted: boolean): Int32Array {
  return targeted ? labels.map((label) => (label + 1) % classes) : labels;
}
