import * as tf from '@tensorflow/tfjs';
import { createAnswerAttack } from '../answer-attack';
import type { StartDraws } from '../inner-attack-parameters';
import type { CreateMethod } from '../method';
import { createTwoAnswers, trainingAnswer, type AnswerFact } from '../two-answers';
import type { ScoreParameters } from './definition';

/**
 * SCORE: squared error of the probabilities on the images, and `beta` times their squared distance from those on PGD examples
 * that raise it. Pang, Lin, Yang, Zhu and Yan, "Robustness and Accuracy Could Be Reconcilable by (Proper) Definition",
 * ICML 2022.
 */
export const createScore: CreateMethod<ScoreParameters, StartDraws> = (network, parameters) => ({
  ...createTwoAnswers(
    network,
    parameters,
    createAnswerAttack(network, parameters, squaredError),
    differenceFact,
  ),
  loss(trained, x, xAdv, targets) {
    const logits = trainingAnswer(trained, x);
    const apart = squaredError(trainingAnswer(trained, xAdv), tf.softmax(logits));
    return { logits, loss: tf.mean(tf.add(squaredError(logits, targets), tf.mul(apart, parameters.beta))) };
  },
});

/** Squared distance between probabilities, [N]. @param logits of one of them; both are [N, classes] */
function squaredError(logits: tf.Tensor, probabilities: tf.Tensor): tf.Tensor {
  return tf.sum(tf.squaredDifference(tf.softmax(logits), probabilities), -1);
}

const differenceFact: AnswerFact = {
  name: 'Squared difference',
  symbol: 'd²',
  about: 'between the probabilities on x and on x + δ, from 0 to 2',
  value: (clean, perturbed) => squaredError(perturbed, tf.softmax(clean)),
};
