import assert from 'node:assert/strict';
import { bestChoice, type Measured } from '../../../src/core/training/best-choice';
import type { BestNetwork } from '../../../src/core/records/best-network';

const COUNT = 100;

const measured = (step: number, cleanAccuracy: number, robustAccuracy: number): Measured => ({
  ...{ step, cleanAccuracy, robustAccuracy, count: COUNT },
});

/** Clean and robust accuracies in the order of the evaluations. @returns the steps (from 1) that were the best then */
function chosen(accuracies: readonly (readonly [number, number])[], from?: BestNetwork | null): number[] {
  const choice = bestChoice(true, { best: from ?? null, bestRobustAccuracy: null });
  return accuracies.flatMap(([clean, robust], n) =>
    choice.next(measured(n + 1, clean, robust)) ? [n + 1] : [],
  );
}

/** The lower end of the Wilson interval, with 1.96 deviations, by the formula as it is usually written. */
function lowerEnd(share: number): number {
  const z = 1.959964;
  const root = Math.sqrt((share * (1 - share)) / COUNT + z ** 2 / (4 * COUNT ** 2));
  return (share + z ** 2 / (2 * COUNT) - z * root) / (1 + z ** 2 / COUNT);
}

describe('the best network of a training', () => {
  it('is the one with the higher clean accuracy where robust ones can not be told apart', () => {
    // One image in a hundred more, and half of the clean accuracy.
    assert.deepEqual(
      chosen([
        [0.26, 0.2],
        [0.53, 0.19],
      ]),
      [1, 2],
    );
    assert.deepEqual(
      chosen([
        [0.53, 0.19],
        [0.26, 0.2],
      ]),
      [1],
    );
    // Equal in both: the earlier one; in clean accuracy alone: the more robust one.
    assert.deepEqual(
      chosen([
        [0.5, 0.2],
        [0.5, 0.2],
        [0.5, 0.21],
      ]),
      [1, 3],
    );
  });

  it('is the more robust one where the interval of the highest accuracy tells', () => {
    const highest = 0.4;
    const least = lowerEnd(highest);
    assert.ok(least > 0.3 && least < 0.32);
    const at = (robust: number): number[] =>
      chosen([
        [0.5, highest],
        [0.9, robust],
      ]);
    assert.deepEqual(at(least + 1e-4), [1, 2]);
    assert.deepEqual(at(least - 1e-4), [1]);
    assert.deepEqual(
      chosen([
        [0.9, least - 1e-4],
        [0.5, highest],
      ]),
      [1, 2],
    );
    assert.deepEqual(
      chosen([
        [0.9, least + 1e-4],
        [0.5, highest],
      ]),
      [1],
    );
  });

  it('does not drift: every network is compared with the highest accuracy', () => {
    // Each is within the interval of the one before, the fourth no more of the first.
    const falling = [0.4, 0.36, 0.32, 0.28].map((robust, n) => [0.5 + n / 10, robust] as const);
    assert.ok((falling[3]?.[1] ?? NaN) > lowerEnd(0.32) && (falling[2]?.[1] ?? NaN) > lowerEnd(0.4));
    assert.deepEqual(chosen(falling), [1, 2, 3]);
  });

  it('is the one that rose where the best one is left behind, which no later one brings back', () => {
    // At 0.45, 0.36 is not below the interval; at 0.5 it is.
    assert.ok(lowerEnd(0.45) < 0.36 && lowerEnd(0.5) > 0.36);
    assert.deepEqual(
      chosen([
        [0.8, 0.36],
        [0.7, 0.45],
        [0.6, 0.5],
        [0.75, 0.36],
      ]),
      [1, 3],
    );
  });

  it('goes on from a checkpoint as if it had never stopped', () => {
    const all = Array.from({ length: 60 }, (_, n): [number, number] => [
      Math.round(50 + 30 * Math.sin(7 * n)) / 100,
      Math.round(30 + n / 4 + 12 * Math.cos(5 * n)) / 100,
    ]);
    const whole = chosen(all);
    assert.ok(whole.length > 3);
    for (let stop = 1; stop < all.length; stop++) {
      const first = bestChoice(true, undefined);
      all.slice(0, stop).forEach(([clean, robust], n) => first.next(measured(n + 1, clean, robust)));
      const state: unknown = JSON.parse(JSON.stringify(first.state));
      const second = bestChoice(true, {
        best: state as BestNetwork,
        bestRobustAccuracy: first.robustAccuracy,
      });
      const later = all
        .slice(stop)
        .flatMap(([clean, robust], n) =>
          second.next(measured(stop + n + 1, clean, robust)) ? [stop + n + 1] : [],
        );
      assert.deepEqual(
        later,
        whole.filter((step) => step > stop),
      );
      assert.equal(first.state?.step, whole.filter((step) => step <= stop).at(-1));
    }
  });

  it('is never below the interval of the highest accuracy so far, and within it none after it had more', () => {
    for (let seed = 0; seed < 200; seed++) {
      const all = Array.from({ length: 40 }, (_, n): [number, number] => [
        Math.round(100 * Math.abs(Math.sin(12.9898 * (n + 1) + seed))) / 100,
        Math.round(100 * Math.abs(Math.sin(78.233 * (n + 1) + 3 * seed))) / 100,
      ]);
      const best = all[(chosen(all).at(-1) ?? 0) - 1];
      const at = (chosen(all).at(-1) ?? 0) - 1;
      const least = lowerEnd(Math.max(...all.map(([, robust]) => robust)));
      assert.ok(best && best[1] > least - 1e-6);
      for (const [clean, robust] of all.slice(at + 1)) assert.ok(robust < least + 1e-6 || clean <= best[0]);
    }
  });

  it('is that of the highest robust accuracy where no images are held out, or an earlier version began', () => {
    const stream = [
      [0.8, 0.2],
      [0.4, 0.21],
      [0.9, 0.21],
    ] as const;
    for (const choice of [bestChoice(false, undefined), bestChoice(true, { bestRobustAccuracy: 0.1 })]) {
      const steps = stream.flatMap(([clean, robust], n) =>
        choice.next(measured(n + 1, clean, robust)) ? [n + 1] : [],
      );
      assert.deepEqual(steps, [1, 2]);
      assert.equal(choice.robustAccuracy, 0.21);
      assert.equal(choice.state, undefined);
    }
  });
});
