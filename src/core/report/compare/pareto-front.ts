/** A point in a plane in which more is better both ways. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * The points that no other one is better than: none has more of the one and at least as much of the other. Ascending in x.
 * Points in the same place are on it together.
 */
export function paretoFront<P extends Point>(points: readonly P[]): P[] {
  const descending = [...points].sort((a, b) => b.x - a.x || b.y - a.y);
  const front: P[] = [];
  for (const point of descending) {
    const last = front.at(-1);
    const isSame = last?.x === point.x && last.y === point.y;
    if (!last || isSame || point.y > last.y) front.push(point);
  }
  return front.reverse();
}
