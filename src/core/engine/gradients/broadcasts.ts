import * as tf from '@tensorflow/tfjs';
import { gradient, saved } from './gradient';
import { unbroadcast } from './unbroadcast';

/** TF.js's gradients of these have the shape of the result, also for an operand that was broadcast. */
export function registerBroadcastingGradients(): void {
  gradient('SquaredDifference', {
    inputs: ['a', 'b'],
    of: (dy, tensors) => {
      const [a, b] = [saved(tensors, 0), saved(tensors, 1)];
      const slope = (x: tf.Tensor, other: tf.Tensor): tf.Tensor =>
        unbroadcast(tf.mul(dy, tf.mul(tf.sub(x, other), 2)), x.shape);
      return [() => slope(a, b), () => slope(b, a)];
    },
  });
  gradient('Prelu', {
    inputs: ['x', 'alpha'],
    of: (dy, tensors) => {
      const [x, alpha] = [saved(tensors, 0), saved(tensors, 1)];
      const isAbove = tf.greater(x, 0);
      return [
        () => unbroadcast(tf.where(isAbove, dy, tf.mul(dy, alpha)), x.shape),
        () => unbroadcast(tf.where(isAbove, tf.zerosLike(dy), tf.mul(dy, x)), alpha.shape),
      ];
    },
  });
}
