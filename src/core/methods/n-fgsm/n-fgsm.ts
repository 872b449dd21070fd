import type { StartDraws } from '../inner-attack-parameters';
import type { CreateMethod } from '../method';
import { createSingleStepMethod } from '../single-step-method';
import type { NFgsmParameters } from './parameters';
import { stepOf } from './noisy-step';

/**
 * Noise-FGSM: cross-entropy on examples of one FGSM step from noise that is larger than the budget; they are not clipped to
 * the ball. de Jorge et al., "Make Some Noise: Reliable and Efficient Single-Step Adversarial Training", NeurIPS 2022.
 */
export const createNFgsm: CreateMethod<NFgsmParameters, StartDraws> = (network, parameters) =>
  createSingleStepMethod(network, stepOf(parameters));
