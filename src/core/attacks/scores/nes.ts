import { descendByScores, type Step } from './estimated-gradient';
import { fixedEpsilon } from '../budget/fixed-epsilon';
import type { CreateScoreAttack } from '../base/score-model';
import type { NesParameters } from './nes-definition';

/**
 * PGD with gradients that natural evolution strategies estimate: loss differences at ±sigma along normal directions,
 * in antithetic pairs; a moving average of them, whose sign (linf) or unit vector (l2) is the step.
 * Ilyas et al., "Black-box Adversarial Attacks with Limited Queries and Information", ICML 2018.
 */
export const createNes: CreateScoreAttack<NesParameters> = (model, parameters) => {
  const { norm, stepSize, sigma, momentum, restarts } = parameters;
  const createStep = (size: number): Step => {
    const average = new Float64Array(size);
    return (image, gradient) => {
      let squares = 0;
      for (let i = 0; i < size; i++) {
        const value = momentum * (average[i] ?? 0) + (1 - momentum) * (gradient[i] ?? 0);
        average[i] = value;
        squares += value * value;
      }
      const length = Math.sqrt(squares) || 1;
      for (let i = 0; i < size; i++) {
        const value = average[i] ?? 0;
        image[i] = (image[i] ?? 0) - stepSize * (norm === 'linf' ? Math.sign(value) : value / length);
      }
    };
  };
  return fixedEpsilon(model, { ...parameters, rounds: restarts, anySize: true }, (batch, context) =>
    descendByScores(
      model,
      batch,
      {
        ...parameters,
        probe: sigma,
        draw: (direction, random) => {
          for (let i = 0; i < direction.length; i++) direction[i] = random.normal();
        },
        createStep,
      },
      context,
    ),
  );
};
