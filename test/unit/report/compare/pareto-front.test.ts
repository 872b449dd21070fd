import assert from 'node:assert/strict';
import { paretoFront, type Point } from '../../../../src/core/report/compare/pareto-front';

describe('the Pareto front', () => {
  const point = (x: number, y: number): Point => ({ x, y });

  it('is what no other point is better than', () => {
    const [a, b, c, d, e] = [
      point(0.9, 0.1),
      point(0.8, 0.4),
      point(0.7, 0.3),
      point(0.6, 0.5),
      point(0.6, 0.45),
    ];
    assert.deepEqual(paretoFront([c, a, e, d, b]), [d, b, a]);
    assert.deepEqual(paretoFront([]), []);
    // As good in one, and worse in the other.
    assert.deepEqual(paretoFront([point(0.5, 0.5), point(0.5, 0.4), point(0.4, 0.5)]), [point(0.5, 0.5)]);
    assert.deepEqual(paretoFront([a, { ...a }]), [a, a]);
  });

  it('agrees with its definition on random points', () => {
    const points = Array.from({ length: 200 }, (_, n) =>
      point(((n * 7919) % 101) / 100, ((n * 104729) % 97) / 100),
    );
    const isBetter = (p: Point, q: Point): boolean => p.x >= q.x && p.y >= q.y && (p.x > q.x || p.y > q.y);
    const wanted = points.filter((q) => !points.some((p) => isBetter(p, q)));
    assert.deepEqual(new Set(paretoFront(points)), new Set(wanted));
  });
});
