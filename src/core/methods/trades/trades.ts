import * as tf from '@tensorflow/tfjs';
import { crossEntropy } from '../../attacks/base/cross-entropy';
import { createAnswerAttack } from '../answer-attack';
import type { StartDraws } from '../inner-attack-parameters';
import { klDivergence, klFact } from '../kl-divergence';
import type { CreateMethod } from '../method';
import { createTwoAnswers, trainingAnswer } from '../two-answers';
import type { TradesParameters } from './definition';

/**
 * TRADES: cross-entropy of the images, and `beta` times the KL divergence between the answers on them and on PGD examples
 * that raise it. Zhang, Yu, Jiao, Xing, El Ghaoui and Jordan, "Theoretically Principled Trade-off between Robustness and
 * Accuracy", ICML 2019.
 */
export const createTrades: CreateMethod<TradesParameters, StartDraws> = (network, parameters) => ({
  ...createTwoAnswers(network, parameters, createAnswerAttack(network, parameters), klFact),
  loss(trained, x, xAdv, targets) {
    const logits = trainingAnswer(trained, x);
    const apart = tf.mean(klDivergence(logits, trainingAnswer(trained, xAdv)));
    // The authors' code passes x again for the second term. It is the same answer: what it adds is that BatchNorm's
    // statistics move once more. A compiled program computes equal nodes once.
    trainingAnswer(trained, x);
    const loss = tf.add(tf.mean(crossEntropy(logits, targets)), tf.mul(apart, parameters.beta));
    return { logits, loss };
  },
});
