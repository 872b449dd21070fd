/** The value before (`-1`) or after (`1`) a number among ascending ones, of which it need not be one. */
export function neighbour(ascending: readonly number[], of: number, step: -1 | 0 | 1): number | undefined {
  if (step === 0) return of;
  return step < 0 ? ascending.findLast((value) => value < of) : ascending.find((value) => value > of);
}
