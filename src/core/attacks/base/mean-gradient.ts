import * as tf from '@tensorflow/tfjs';
import { repeat } from '../../engine/ops/repeat';
import { repaired } from './image-gradient';

/**
 * Expectation over transformation: the mean of `samples` gradients of a network whose output is random, for use inside
 * a program. Where it is not random, a compiled program computes one. Athalye et al., ICML 2018.
 */
export function meanGradient(samples: number | undefined, gradient: () => tf.Tensor): tf.Tensor {
  if (samples === undefined || samples === 1) return gradient();
  const first = gradient();
  const [sum = first] = repeat(samples - 1, [first], ([before = first]) => [tf.add(before, gradient())]);
  // The sum may leave the range of float32, where the mean does not.
  return repaired(tf.div(sum, samples));
}
