/**
 * The candidate that a misspelt word most likely stands for; undefined when none is near enough.
 * Near: apart from case and from `-`, `_` and blanks, one edit for words of up to five letters, and one more for
 * every three more. Edits are those of Damerau and Levenshtein (optimal string alignment): insert, delete, replace,
 * and swap two neighbours.
 */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const plain = plainForm(word);
  let best: { readonly candidate: string; readonly distance: number } | undefined;
  for (const candidate of candidates) {
    if (candidate === word) continue;
    const other = plainForm(candidate);
    const allowed = Math.max(1, Math.floor(Math.max(plain.length, other.length) / 3));
    // A single letter is near to every other one.
    if (Math.abs(plain.length - other.length) > allowed || Math.min(plain.length, other.length) < 2) continue;
    const distance = editDistance(plain, other);
    if (distance <= allowed && (!best || distance < best.distance)) best = { candidate, distance };
  }
  return best?.candidate;
}

function plainForm(word: string): string {
  return word.toLowerCase().replace(/[-_\s]/g, '');
}

/** Optimal string alignment distance, row by row; three rows are enough for swaps. */
function editDistance(a: string, b: string): number {
  let twoAbove: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let least = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, (twoAbove[j - 2] ?? 0) + 1);
      }
      row.push(least);
    }
    [twoAbove, above] = [above, row];
  }
  return above[b.length] ?? 0;
}
