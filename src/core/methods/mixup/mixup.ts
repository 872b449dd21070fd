import * as tf from '@tensorflow/tfjs';
import { crossEntropy } from '../../attacks/base/cross-entropy';
import type { Method } from '../method';
import { mixPairs } from '../mix-pairs';
import { pairColumns, pairFacts } from '../pair-columns';
import type { Pairs } from '../pairs';
import { cleanColumn } from '../preview-columns';

/**
 * Mixup: cross-entropy of lambda * x + (1 - lambda) * x~ against the same mixture of the labels, which is
 * lambda * CE(y) + (1 - lambda) * CE(y~); x~ is another image of the batch.
 * Zhang, Cisse, Dauphin and Lopez-Paz, "mixup: Beyond Empirical Risk Minimization", ICLR 2018.
 */
export function createMixup(): Method<Pairs> {
  return {
    prepare: ({ images, targets, draws: { lambda, partner } }) =>
      Promise.resolve([images, targets, lambda, partner]),
    loss(network, images, targets, lambda, partner) {
      const mixed = mixPairs(images, lambda, partner);
      const logits = network.forward(mixed, { batchNorm: 'train', updateStatistics: true });
      return { logits, loss: tf.mean(crossEntropy(logits, targets)), answers: tf.argMax(targets, -1) };
    },
    preview: ({ images, labels, draws }) =>
      Promise.resolve({
        columns: [cleanColumn(images), ...pairColumns({ images, labels }, draws)],
        facts: pairFacts(draws, labels),
      }),
    dispose: () => Promise.resolve(),
  };
}
