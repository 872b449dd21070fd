/** The results of `work` on each item, in their order, with no more than `limit` of them under way at a time. */
export async function atMostAtOnce<T, R>(
  limit: number,
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Map<number, R>();
  const left = items.entries();
  // All take from the same iterator.
  const worker = async (): Promise<void> => {
    for (const [n, item] of left) results.set(n, await work(item));
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return [...results.entries()].sort(([a], [b]) => a - b).map(([, result]) => result);
}
