import * as tf from '@tensorflow/tfjs';
import { crossEntropy } from '../../attacks/base/cross-entropy';
import { createInnerAttack } from '../inner-attack';
import type { StartDraws } from '../inner-attack-parameters';
import type { CreateMethod } from '../method';
import { createTwoAnswers, trainingAnswer, type AnswerFact } from '../two-answers';
import type { MartParameters } from './definition';

/** Keep logarithms finite, and the weight of a sure answer above 0: as in the authors' code. */
const [MARGIN_ROOM, WEIGHT_ROOM, TINY] = [1.0001, 1.0000001, 1e-12];

/**
 * MART: boosted cross-entropy of PGD examples, and `beta` times the KL divergence between the answers on an image and on its
 * example, weighted by how unsure the network is of the image. Wang, Zou, Yi, Bailey, Ma and Gu, "Improving Adversarial
 * Robustness Requires Revisiting Misclassified Examples", ICLR 2020.
 */
export const createMart: CreateMethod<MartParameters, StartDraws> = (network, parameters) => ({
  ...createTwoAnswers(network, parameters, createInnerAttack(network, parameters), marginFact),
  loss(trained, x, xAdv, labels) {
    const logP = tf.logSoftmax(trainingAnswer(trained, x));
    const logits = trainingAnswer(trained, xAdv);
    const [p, pAdv] = [tf.exp(logP), tf.softmax(logits)];
    const margin = tf.neg(tf.log(tf.add(tf.sub(MARGIN_ROOM, largestWrong(pAdv, labels)), TINY)));
    const boosted = tf.add(crossEntropy(logits, labels), margin);
    const kl = tf.sum(tf.mul(p, tf.sub(logP, tf.log(tf.add(pAdv, TINY)))), -1);
    const unsure = tf.sub(WEIGHT_ROOM, tf.sum(tf.mul(p, labels), -1));
    return { logits, loss: tf.mean(tf.add(boosted, tf.mul(tf.mul(kl, unsure), parameters.beta))) };
  },
});

/** The largest probability of a class that is not the true one, [N]. @param labels one-hot, [N, classes] */
function largestWrong(probabilities: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  return tf.max(tf.mul(probabilities, tf.sub(1, labels)), -1);
}

const marginFact: AnswerFact = {
  name: 'Margin',
  symbol: 'm',
  about: 'on x + δ: the probability of the true class minus the largest other one',
  value(_, perturbed, classes) {
    const p = tf.softmax(perturbed);
    return tf.sub(tf.sum(tf.mul(p, classes), -1), largestWrong(p, classes));
  },
};
