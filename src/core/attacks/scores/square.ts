import { fixedEpsilon } from '../budget/fixed-epsilon';
import { searchedImages } from './random-search';
import type { CreateScoreAttack } from '../base/score-model';
import { bumpsSearch, sparseBumpsSearch } from './square-bumps';
import { shrinkageAt, sideOf, sign, type SquareSearch } from './square-search';
import type { SquareParameters } from './square-definition';

/**
 * Square: random search on the margin of the logits, targeted that of the target. L-inf: from vertical stripes of ±epsilon, proposes squares of
 * ±epsilon, one sign a channel. L2 and L1: from a grid of bumps, moves the budget of one window to another. Where a square
 * lies is drawn for each image on its own, over all positions.
 * Andriushchenko et al., "Square Attack: a query-efficient black-box adversarial attack via random search",
 * ECCV 2020; L1 and the norms of windows as in AutoAttack.
 */
export const createSquare: CreateScoreAttack<SquareParameters> = (model, parameters) => {
  const { norm, epsilon, queries, initialShare, rescaleSchedule, restarts } = parameters;
  const shareAt = (iteration: number): number =>
    initialShare / shrinkageAt(rescaleSchedule ? Math.floor((iteration / queries) * 10_000) : iteration);
  const searchOf = searches[norm];
  return fixedEpsilon(model, { norm, epsilon, rounds: restarts, anySize: true }, (batch, context) =>
    searchedImages(
      model,
      batch,
      {
        iterations: queries,
        loss: 'margin',
        searchOf: (clean, shape, random) => searchOf(clean, shape, random, epsilon, shareAt),
      },
      context,
    ),
  );
};

/** Signs are drawn again while a square changes nothing, this often: with epsilon 0 none would. */
const TRIES = 10;

const squaresSearch: SquareSearch = (
  clean,
  [height = 1, width = 1, channels = 1],
  random,
  epsilon,
  shareAt,
) => {
  const at = (i: number, sign: number): number => Math.min(1, Math.max(0, (clean[i] ?? 0) + sign * epsilon));
  const drawSigns = (count: number): Int8Array => Int8Array.from({ length: count }, () => sign(random));
  return {
    start(candidate) {
      const row = width * channels;
      const signs = drawSigns(row);
      for (let i = 0; i < candidate.length; i++) candidate[i] = at(i, signs[i % row] ?? 0);
    },
    propose(best, iteration, candidate) {
      const side = sideOf(shareAt(iteration), height, width);
      const top = random.int(height - side + 1);
      const left = random.int(width - side + 1);
      candidate.set(best);
      for (let tries = 0, changed = false; tries < TRIES && !changed; tries++) {
        const signs = drawSigns(channels);
        for (let y = top; y < top + side; y++) {
          const from = (y * width + left) * channels;
          for (let j = 0; j < side * channels; j++) {
            const i = from + j;
            candidate[i] = at(i, signs[j % channels] ?? 0);
            changed ||= candidate[i] !== best[i];
          }
        }
      }
    },
  };
};

const searches = { linf: squaresSearch, l2: bumpsSearch, l1: sparseBumpsSearch };
