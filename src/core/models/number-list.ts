/** Numbers from `0.5, 0.5, 0.5` or `[0.5 0.5 0.5]`; undefined for anything else. */
export function numbersOf(text: string): number[] | undefined {
  const plain = text.trim().replace(/^\[(.*)\]$/, '$1');
  const parts = plain.split(/[\s,;]+/).filter((part) => part !== '');
  const numbers = parts.map(Number);
  return numbers.length > 0 && numbers.every(Number.isFinite) ? numbers : undefined;
}
