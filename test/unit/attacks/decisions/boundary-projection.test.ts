import assert from 'node:assert/strict';
import { toHyperplane } from '../../../../src/core/attacks/minimal-norm/boundary-projection';
import type { Device } from '../../../../src/core/engine/devices/device';
import { float32 } from '../../../../src/core/engine/arrays/nd-array';
import { Random } from '../../../../src/core/random';
import { testDevices } from '../devices';

/** Of the longest way that the box allows; where it is more than 1, the hyperplane is out of reach. */
const shares = [0.01, 0.5, 0.95, 1.3];

type Norm = 'linf' | 'l2' | 'l1';

/** Points, normals and gaps; every fourth point lies in a corner, and normals differ in size by many orders. */
function drawn(
  rows: number,
  size: number,
): { points: Float32Array; normals: Float32Array; gaps: Float32Array } {
  const random = Random.keyed(5, 'projection');
  const points = new Float32Array(rows * size);
  const normals = new Float32Array(rows * size);
  const gaps = new Float32Array(rows);
  for (let n = 0; n < rows; n++) {
    let most = 0;
    for (let i = n * size; i < (n + 1) * size; i++) {
      points[i] = n % 4 === 0 ? random.int(2) : random.uniform();
      normals[i] = random.int(8) === 0 ? 0 : random.normal() * 10 ** (-3 * random.uniform() * (n % 3));
      const normal = normals[i] ?? 0;
      most += normal > 0 ? normal * (1 - (points[i] ?? 0)) : -normal * (points[i] ?? 0);
    }
    gaps[n] = most * (shares[n % 4] ?? 0);
  }
  return { points, normals, gaps };
}

for (const { name, open } of testDevices) {
  describe(`the way to a hyperplane inside the box, on ${name}`, () => {
    let device: Device;
    before(async () => {
      device = await open();
    });
    after(() => device.dispose());

    for (const norm of ['linf', 'l2', 'l1'] as const) {
      it(`${norm}: ends on it, inside the box, and no way is shorter`, async () => {
        const [rows, size] = [24, 40];
        const { points, normals, gaps } = drawn(rows, size);
        const program = device.compile('projection', (point, normal, gap) => [
          toHyperplane(norm, point, { normal, gap }),
        ]);
        const [ways] = await program.run(
          float32(points, [rows, size]),
          float32(normals, [rows, size]),
          float32(gaps, [rows, 1]),
        );
        assert.ok(ways?.data instanceof Float32Array);
        const part = (array: Float32Array, n: number): number[] => [
          ...array.subarray(n * size, (n + 1) * size),
        ];
        for (let n = 0; n < rows; n++) {
          const [point, normal, way] = [part(points, n), part(normals, n), part(ways.data, n)];
          const expected = shortestWay(norm, point, normal, gaps[n] ?? NaN);
          close(
            dot(way, normal),
            dot(expected, normal),
            1e-6 * dot(normal.map(Math.abs), normal.map(Math.abs)) + 1e-5,
          );
          close(length(way, norm), length(expected, norm), 1e-5 * length(expected, norm));
          assert.ok(
            way.every((step, i) => step + (point[i] ?? 0) > -1e-6 && step + (point[i] ?? 0) < 1 + 1e-6),
          );
        }
        await program.dispose();
      });
    }
  });
}
function close(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? NaN), 0);
}

function length(way: readonly number[], norm: Norm): number {
  const sizes = way.map(Math.abs);
  if (norm === 'linf') return Math.max(...sizes);
  return norm === 'l1' ? sizes.reduce((sum, value) => sum + value, 0) : Math.hypot(...sizes);
}

/** The same in double precision, value by value: L1 greedily, the others by bisection. */
function shortestWay(norm: Norm, point: readonly number[], normal: readonly number[], gap: number): number[] {
  const room = point.map((value, i) => ((normal[i] ?? 0) > 0 ? 1 - value : value));
  const steps = (sizeOf: (u: number, r: number) => number): number[] =>
    normal.map((w, i) => (w === 0 ? 0 : Math.sign(w) * sizeOf(Math.abs(w), room[i] ?? NaN)));
  if (norm === 'l1') {
    const way = normal.map(() => 0);
    let left = gap;
    const order = [...normal.keys()].sort((i, k) => Math.abs(normal[k] ?? 0) - Math.abs(normal[i] ?? 0));
    for (const i of order) {
      const w = normal[i] ?? 0;
      if (w === 0) break;
      const step = Math.min(room[i] ?? 0, left / Math.abs(w));
      way[i] = Math.sign(w) * step;
      left -= step * Math.abs(w);
    }
    return way;
  }
  const along = (t: number): number[] => steps((u, r) => Math.min(norm === 'linf' ? t : t * u, r));
  let [low, high] = [0, 1e9];
  for (let n = 0; n < 200; n++) {
    const middle = (low + high) / 2;
    if (dot(along(middle), normal) < gap) low = middle;
    else high = middle;
  }
  return along(high);
}
