/** An image that an attack has attacked. */
export interface GalleryCandidate {
  readonly label: number;
  readonly fooled: boolean;
  /** Of the perturbation. */
  readonly norm: number;
}

export interface GalleryPlaces {
  /** Images in the gallery, at most. */
  readonly places: number;
  /** For minimal-norm attacks: the smallest and the largest norms are among them, and the order is that of the norms. */
  readonly byNorm: boolean;
}

/**
 * Chooses what a gallery shows: images that were fooled, spread over the classes, then some that withstood (a third,
 * where there are that many; more where few are fooled). Whoever is left out once stays left out when more candidates
 * follow, so that only the chosen ones need to be kept.
 * @param candidates in the order in which they were attacked
 * @returns their places in `candidates`, in the order in which they are shown
 */
export function chooseGallery(
  candidates: readonly GalleryCandidate[],
  { places, byNorm }: GalleryPlaces,
): number[] {
  const all = [...candidates.keys()];
  const fooled = all.filter((n) => candidates[n]?.fooled);
  const withstood = all.filter((n) => !candidates[n]?.fooled);
  const forFooled = places - Math.min(withstood.length, Math.floor(places / 3));
  const normOf = (n: number): number => candidates[n]?.norm ?? 0;
  const ascending = byNorm ? [...fooled].sort((a, b) => normOf(a) - normOf(b)) : [];
  const ends = Math.floor(places / 8);
  const extremes = new Set(ends === 0 ? [] : [...ascending.slice(0, ends), ...ascending.slice(-ends)]);
  const others = spread(
    fooled.filter((n) => !extremes.has(n)),
    candidates,
  );
  const chosen = [...extremes, ...others].slice(0, forFooled);
  const shown = byNorm ? chosen.sort((a, b) => normOf(a) - normOf(b) || a - b) : chosen.sort((a, b) => a - b);
  const rest = spread(withstood, candidates).slice(0, places - shown.length);
  return [...shown, ...rest.sort((a, b) => a - b)];
}

/** The first of each class, then the second of each, and so on. */
function spread(chosen: readonly number[], candidates: readonly GalleryCandidate[]): number[] {
  const seen = new Map<number, number>();
  const ranked = chosen.map((n) => {
    const label = candidates[n]?.label ?? 0;
    const rank = seen.get(label) ?? 0;
    seen.set(label, rank + 1);
    return { n, rank };
  });
  return ranked.sort((a, b) => a.rank - b.rank || a.n - b.n).map(({ n }) => n);
}
