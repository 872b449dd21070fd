import * as tf from '@tensorflow/tfjs';
import { gradient, saved } from './gradient';
import { unbroadcast } from './unbroadcast';

interface ReductionAttributes {
  readonly axis?: number | number[];
  /** What TF.js calls the axes of Max. */
  readonly reductionIndices?: number | number[];
}

/**
 * Slopes at kinks, as PyTorch has them; TF.js's differ, or are none of the function's slopes there:
 * |x| at 0 has slope 0; equal operands of a maximum get half of the gradient each, equal elements of a reduction the same
 * share; min(max(x, 0), 6) is flat at both ends; x^0 is flat, also at 0.
 */
export function registerKinks(): void {
  gradient('Abs', {
    inputs: ['x'],
    of: (dy, tensors) => [() => tf.mul(dy, tf.sign(tf.cast(saved(tensors, 0), 'float32')))],
  });
  gradient('Relu6', {
    inputs: ['x'],
    of: (dy, tensors) => {
      const x = saved(tensors, 0);
      return [() => tf.mul(dy, tf.mul(tf.step(x), tf.cast(tf.less(x, 6), 'float32')))];
    },
  });
  registerExtreme('Maximum', tf.greater, tf.greaterEqual);
  registerExtreme('Minimum', tf.less, tf.lessEqual);
  for (const kernel of ['Max', 'Min']) {
    gradient<ReductionAttributes>(kernel, {
      inputs: ['x'],
      outputs: [true],
      of: (dy, tensors, { axis, reductionIndices }) => {
        const [x, y] = [saved(tensors, 0), saved(tensors, 1)];
        const axes = tf.util.parseAxisParam(axis ?? reductionIndices ?? [...x.shape.keys()], x.shape);
        const kept = x.shape.map((size, i) => (axes.includes(i) ? 1 : size));
        return [
          () => {
            const chosen = tf.cast(tf.equal(x, tf.reshape(y, kept)), 'float32');
            return tf.mul(tf.div(tf.reshape(dy, kept), tf.sum(chosen, axes, true)), chosen);
          },
        ];
      },
    });
  }
  const power = tf.getGradient('Pow');
  gradient('Pow', {
    inputs: ['a', 'b'],
    outputs: [true],
    of: (dy, tensors) => {
      const [a, b] = [saved(tensors, 0), tf.cast(saved(tensors, 1), 'float32')];
      const { b: exponent } = power.gradFunc(dy, [...tensors], {});
      if (!exponent) throw new TypeError('TF.js has a gradient for the exponent of a power.');
      return [
        () => {
          const slope = tf.mul(b, tf.pow(a, tf.sub(b, 1)));
          return unbroadcast(tf.mul(dy, tf.where(tf.equal(b, 0), tf.zerosLike(slope), slope)), a.shape);
        },
        exponent,
      ];
    },
  });
}

type Comparison = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

/** The larger, or the smaller, of two. */
function registerExtreme(kernel: 'Maximum' | 'Minimum', wins: Comparison, winsOrTies: Comparison): void {
  gradient(kernel, {
    inputs: ['a', 'b'],
    of: (dy, tensors) => {
      const [a, b] = [saved(tensors, 0), saved(tensors, 1)];
      const share = (x: tf.Tensor, other: tf.Tensor): tf.Tensor => {
        const both = tf.add(tf.cast(wins(x, other), 'float32'), tf.cast(winsOrTies(x, other), 'float32'));
        return unbroadcast(tf.mul(dy, tf.mul(both, 0.5)), x.shape);
      };
      return [() => share(a, b), () => share(b, a)];
    },
  });
}
