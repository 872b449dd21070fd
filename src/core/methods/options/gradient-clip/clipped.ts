import * as tf from '@tensorflow/tfjs';
import { l2Norm } from '../l2-norm';

/** What `torch.nn.utils.clip_grad_norm_` adds to the norm before it divides by it. */
const NORM_OFFSET = 1e-6;

/** Gradients, scaled together so that their L2 norm is not above the largest one; inside of a program. */
export function clipped(gradients: readonly tf.Tensor[], largest: number): tf.Tensor[] {
  const factor = tf.minimum(tf.div(largest, tf.add(l2Norm(...gradients), NORM_OFFSET)), 1);
  return gradients.map((gradient) => tf.mul(gradient, factor));
}
