/** How many images of a batch are generated ones, where they are this share of it. */
export function extraCount(share: number, batchSize: number): number {
  return Math.round(share * batchSize);
}
