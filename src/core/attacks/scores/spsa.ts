import { descendByScores, type Step } from './estimated-gradient';
import { fixedEpsilon } from '../budget/fixed-epsilon';
import type { CreateScoreAttack } from '../base/score-model';
import { sign } from './square-search';
import type { SpsaParameters } from './spsa-definition';

/**
 * SPSA: Adam on gradients estimated from loss differences along directions whose values are ±1, each step projected
 * on the ball.
 * Uesato et al., "Adversarial Risk and the Dangers of Evaluating Against Weak Attacks", ICML 2018.
 */
export const createSpsa: CreateScoreAttack<SpsaParameters> = (model, parameters) =>
  fixedEpsilon(model, { ...parameters, rounds: parameters.restarts, anySize: true }, (batch, context) =>
    descendByScores(
      model,
      batch,
      {
        ...parameters,
        probe: parameters.delta,
        draw: (direction, random) => {
          for (let i = 0; i < direction.length; i++) direction[i] = sign(random);
        },
        createStep: (size) => adam(size, parameters.stepSize),
      },
      context,
    ),
  );

/** Adam, Kingma and Ba 2015: decay rates 0.9 and 0.999, epsilon 1e-8. */
export function adam(size: number, rate: number): Step {
  const first = new Float64Array(size);
  const second = new Float64Array(size);
  let steps = 0;
  return (image, gradient) => {
    steps++;
    const [firstShare, secondShare] = [1 - 0.9 ** steps, 1 - 0.999 ** steps];
    for (let i = 0; i < size; i++) {
      const value = gradient[i] ?? 0;
      const mean = 0.9 * (first[i] ?? 0) + 0.1 * value;
      const square = 0.999 * (second[i] ?? 0) + 0.001 * value * value;
      first[i] = mean;
      second[i] = square;
      image[i] = (image[i] ?? 0) - (rate * (mean / firstShare)) / (Math.sqrt(square / secondShare) + 1e-8);
    }
  };
}
