import type { Random } from '../../random';
import { directionsOf, type Basis, type Direction } from '../base/directions';
import { fixedEpsilon } from '../budget/fixed-epsilon';
import { searchedImages, type ImageSearch } from './random-search';
import type { CreateScoreAttack } from '../base/score-model';
import type { SimbaParameters } from './simba-definition';

/**
 * SimBA: goes through the directions of an orthonormal basis in random order; takes a step down, or else up, each
 * if it lowers the probability of the true class or, targeted, raises that of the target. The paper bounds the number of steps; here a perturbation that is
 * longer than epsilon is brought back to the ball. After all directions it begins anew.
 * Guo et al., "Simple Black-box Adversarial Attacks", ICML 2019.
 */
export const createSimba: CreateScoreAttack<SimbaParameters> = (model, parameters) =>
  fixedEpsilon(model, parameters, (batch, context) =>
    searchedImages(
      model,
      batch,
      {
        iterations: parameters.queries - 1,
        loss: 'cross-entropy',
        searchOf: (clean, shape, random) => simbaSearch(clean, shape, random, parameters),
      },
      context,
    ),
  );

function simbaSearch(
  clean: Float32Array,
  shape: readonly number[],
  random: Random,
  { norm, epsilon, stepSize, basis, lowFrequencies }: SimbaParameters,
): ImageSearch {
  let delta = new Float32Array(clean.length);
  let moved = new Float32Array(clean.length);
  const directions = directionsOf(basis satisfies Basis, shape, lowFrequencies, random);
  let direction: Direction = directions.next();
  let side: -1 | 1 = -1;
  let isFresh = true;

  function step(): void {
    moved.set(delta);
    direction.add(moved, side * stepSize);
    if (norm === 'linf') {
      direction.each((i) => (moved[i] = Math.min(epsilon, Math.max(-epsilon, moved[i] ?? 0))));
      return;
    }
    let squares = 0;
    for (const value of moved) squares += value * value;
    if (squares <= epsilon * epsilon) return;
    const scale = epsilon / Math.sqrt(squares);
    for (let i = 0; i < moved.length; i++) moved[i] = (moved[i] ?? 0) * scale;
  }

  return {
    start: (candidate) => {
      candidate.set(clean);
    },
    propose(_, __, candidate) {
      // Down first, then up; a step that was taken, and one up, end the direction.
      if (isFresh) isFresh = false;
      else if (side < 0) side = 1;
      else {
        side = -1;
        direction = directions.next();
      }
      step();
      for (let i = 0; i < clean.length; i++) {
        candidate[i] = Math.min(1, Math.max(0, (clean[i] ?? 0) + (moved[i] ?? 0)));
      }
    },
    accepted() {
      [delta, moved] = [moved, delta];
      // The next proposal goes on to another direction.
      side = 1;
    },
  };
}
