import type { StartDraws } from '../inner-attack-parameters';
import type { CreateMethod } from '../method';
import { singleStep } from '../single-step';
import { createSingleStepMethod } from '../single-step-method';
import type { FgsmRsParameters } from './definition';

/**
 * Fast adversarial training: cross-entropy on examples of one FGSM step from a random start in the ball.
 * Wong, Rice and Kolter, "Fast is better than free: Revisiting adversarial training", ICLR 2020.
 */
export const createFgsmRs: CreateMethod<FgsmRsParameters, StartDraws> = (network, parameters) =>
  createSingleStepMethod(network, singleStep(parameters));
