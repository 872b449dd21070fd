/** Images that a message names one by one. */
const NAMED = 8;

/** `image 5`, `images 5, 7 and 9`, `images 0, 1, 2, 3, 4, 5, 6, 7 and 20 more`: by their index, which counts from 0. */
export function nameImages(indices: readonly number[]): string {
  const [only] = indices;
  if (indices.length === 1) return `image ${String(only)}`;
  const rest = indices.length - NAMED;
  const named = indices.slice(0, NAMED).map(String);
  const last = rest > 0 ? `${rest} more` : named.pop();
  return `images ${named.join(', ')} and ${last ?? ''}`;
}
