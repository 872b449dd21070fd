/**
 * The value before (`-1`) or after (`1`) another one in a list. A value that left the list, such as a row that a
 * filter took away, has the neighbours that it would have among ascending values.
 */
export function neighbour(values: readonly number[], of: number, step: -1 | 0 | 1): number | undefined {
  if (step === 0) return of;
  const at = values.indexOf(of);
  if (at >= 0) return values[at + step];
  const others = values.filter((value) => (step < 0 ? value < of : value > of));
  if (others.length === 0) return undefined;
  return step < 0 ? Math.max(...others) : Math.min(...others);
}
