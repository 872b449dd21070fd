import * as tf from '@tensorflow/tfjs';
import { M2atError } from '../../errors';
import { crossEntropy } from './cross-entropy';

/** What a loss compares: one-hot rows, [N, classes]. */
export interface LossClasses {
  readonly labels: tf.Tensor;
  /** The class that a targeted loss moves towards; `labels` again where there is none. */
  readonly targets: tf.Tensor;
}

/** A loss that an attack raises: one value an image, [N], from logits [N, classes]. */
export type Loss = (logits: tf.Tensor, classes: LossClasses) => tf.Tensor;

export const lossNames = ['ce', 'margin', 'dlr', 'ce-targeted', 'margin-targeted', 'dlr-targeted'] as const;
export type LossName = (typeof lossNames)[number];

/** As in the reference implementation: keeps the DLR finite where all logits are equal. */
const TINY = 1e-12;
/** No finite float32 is lower. */
const LOWEST = -3.4028234663852886e38;

/**
 * The losses by name. `margin`: max(z_i, i != y) - z_y. `dlr`: that divided by z_(1) - z_(3); targeted:
 * (z_t - z_y) / (z_(1) - (z_(3) + z_(4)) / 2); z_(k) is the k-th largest logit. Croce and Hein, "Reliable
 * evaluation of adversarial robustness with an ensemble of diverse parameter-free attacks", ICML 2020.
 */
export const losses: Readonly<Record<LossName, Loss>> = {
  ce: (logits, { labels }) => crossEntropy(logits, labels),
  'ce-targeted': (logits, { targets }) => tf.neg(crossEntropy(logits, targets)),
  margin: (logits, { labels }) => tf.sub(largestOther(logits, labels), pick(logits, labels)),
  'margin-targeted': (logits, { labels, targets }) => tf.sub(pick(logits, targets), pick(logits, labels)),
  dlr: (logits, classes) => {
    const [first, , third] = largest(logits, 3);
    return tf.div(losses.margin(logits, classes), tf.add(tf.sub(first, third), TINY));
  },
  'dlr-targeted': (logits, classes) => {
    const [first, , third, fourth] = largest(logits, 4);
    const spread = tf.sub(first, tf.mul(0.5, tf.add(third, fourth)));
    return tf.div(losses['margin-targeted'](logits, classes), tf.add(spread, TINY));
  },
};

/** Fewest classes for which a loss is defined. */
const fewestClasses: Readonly<Partial<Record<LossName, number>>> = { dlr: 3, 'dlr-targeted': 4 };

/**
 * The loss, or the one to use in its place where the network has too few classes for it.
 * @returns `note`: what to tell the reader of a report when the loss is another one
 * @throws M2atError for fewer than two classes
 */
export function lossFor(
  name: LossName,
  classes: number,
): { readonly loss: Loss; readonly note?: string | undefined } {
  if (classes < 2) {
    throw new M2atError('bad-input', `The network has ${classes} output: there is no other class.`, {
      hint: 'Attacks need a classifier with at least two logits. A single logit z is the same as the logits (0, z).',
    });
  }
  const fewest = fewestClasses[name] ?? 2;
  if (classes >= fewest) return { loss: losses[name] };
  const other = name === 'dlr' ? 'margin' : 'margin-targeted';
  const note = `The ${name} loss needs ${fewest} classes and the network has ${classes}: the attack used ${other}.`;
  return { loss: losses[other], note };
}

/** Logit of the class of each one-hot row, [N]. */
function pick(logits: tf.Tensor, classes: tf.Tensor): tf.Tensor {
  return tf.sum(tf.mul(logits, classes), -1);
}

function largestOther(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  return tf.max(tf.where(tf.greater(labels, 0.5), tf.fill(logits.shape, LOWEST), logits), -1);
}

/** The k largest logits of each row, in descending order, each [N]. */
function largest(logits: tf.Tensor, k: 3 | 4): [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor] {
  const { values } = tf.topk(logits, k);
  const [a, b, c, d = c] = tf.unstack(values, -1);
  if (!a || !b || !c || !d) throw new RangeError('topk returned too few columns');
  return [a, b, c, d];
}
