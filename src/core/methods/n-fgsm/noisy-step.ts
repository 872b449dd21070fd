import type { InnerAttackParameters } from '../inner-attack-parameters';
import { singleStep } from '../single-step';
import type { NFgsmParameters } from './parameters';

/** The step. Its ball is as large as noise and step together: nothing is clipped but to [0, 1]. */
export function stepOf(parameters: NFgsmParameters): InnerAttackParameters {
  const { epsilon, noise, stepSize } = parameters;
  return singleStep({ ...parameters, norm: 'linf', epsilon: noise * epsilon + stepSize });
}

/** What the noise is drawn by. */
export function noiseOf(parameters: NFgsmParameters): InnerAttackParameters {
  return { ...stepOf(parameters), epsilon: parameters.noise * parameters.epsilon };
}
