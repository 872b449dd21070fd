import * as tf from '@tensorflow/tfjs';

/**
 * A function that is constant almost everywhere, such as a comparison: its gradient is zero, and TF.js, which has none
 * for it, is not asked.
 */
export function withoutGradient(
  apply: (...inputs: tf.Tensor[]) => tf.Tensor,
  ...inputs: tf.Tensor[]
): tf.Tensor {
  const step = tf.customGrad((...args) => {
    const tensors = args.filter((arg) => arg instanceof tf.Tensor);
    return {
      value: apply(...tensors),
      gradFunc: () => tensors.map(({ shape }) => tf.zeros(shape)),
    };
  });
  return step(...inputs);
}
