import * as tf from '@tensorflow/tfjs';
import { crossEntropy } from '../../attacks/base/cross-entropy';
import { readAndRelease } from '../../attacks/base/outputs';
import { createAnswerAttack } from '../answer-attack';
import { createAnswerFact } from '../answer-fact';
import { difference } from '../difference';
import type { StartDraws } from '../inner-attack-parameters';
import { klDivergence, klFact } from '../kl-divergence';
import type { CreateMethod } from '../method';
import { adversarialColumn, cleanColumn, perturbationColumn } from '../preview-columns';
import type { TradesParameters } from './definition';

/**
 * TRADES: cross-entropy of the images, and `beta` times the KL divergence between the answers on them and on PGD examples
 * that raise it. Zhang, Yu, Jiao, Xing, El Ghaoui and Jordan, "Theoretically Principled Trade-off between Robustness and
 * Accuracy", ICML 2019.
 */
export const createTrades: CreateMethod<TradesParameters, StartDraws> = (
  network,
  { beta, ...parameters },
) => {
  const attack = createAnswerAttack(network, parameters);
  const kl = createAnswerFact(network, klFact, klDivergence);
  return {
    prepare: async (batch, signal) => [batch.images, await attack.run(batch, signal), batch.targets],
    loss(trained, x, xAdv, targets) {
      const answer = (images: tf.Tensor): tf.Tensor =>
        trained.forward(images, { batchNorm: 'train', updateStatistics: true });
      const logits = answer(x);
      const apart = tf.mean(klDivergence(logits, answer(xAdv)));
      // The authors' code passes x again for the second term. It is the same answer: what it adds is that BatchNorm's
      // statistics move once more. A compiled program computes equal nodes once.
      answer(x);
      return { logits, loss: tf.add(tf.mean(crossEntropy(logits, targets)), tf.mul(apart, beta)) };
    },
    async preview(batch, signal) {
      const { images } = batch;
      const xAdv = await readAndRelease(await attack.run(batch, signal));
      return {
        columns: [cleanColumn(images), perturbationColumn(difference(xAdv, images)), adversarialColumn(xAdv)],
        facts: [await kl.of(images, xAdv)],
        ...(parameters.norm === 'linf' && { epsilon: parameters.epsilon }),
      };
    },
    async dispose() {
      await attack.dispose();
      await kl.dispose();
    },
  };
};
