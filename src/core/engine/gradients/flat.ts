import * as tf from '@tensorflow/tfjs';
import { gradient, saved } from './gradient';

/** Kernels whose results are truth values or whole numbers: a small change of their inputs changes nothing. */
const comparisons = ['Equal', 'NotEqual', 'Greater', 'GreaterEqual', 'Less', 'LessEqual'];
const oneInput = ['LogicalNot', 'All', 'Any', 'ArgMax', 'ArgMin', 'IsNan', 'IsInf', 'IsFinite'];

/**
 * Functions that are constant almost everywhere have the gradient 0. TF.js has none for most of them, lets it pass
 * through a cast to whole numbers, and differentiates a FloorDiv as if it did not round.
 */
export function registerFlatGradients(): void {
  const flat = (kernel: string, inputs: readonly string[]): void => {
    gradient(kernel, {
      inputs,
      of: (_, tensors) => inputs.map((__, i) => () => tf.zeros(saved(tensors, i).shape)),
    });
  };
  for (const kernel of [...comparisons, 'LogicalAnd', 'LogicalOr', 'FloorDiv']) flat(kernel, ['a', 'b']);
  for (const kernel of oneInput) flat(kernel, ['x']);
  gradient<{ dtype: tf.DataType }>('Cast', {
    inputs: ['x'],
    of: (dy, _, { dtype }) => [() => (dtype === 'float32' ? tf.clone(dy) : tf.zerosLike(dy))],
  });
}
