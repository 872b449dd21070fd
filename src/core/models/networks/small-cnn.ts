import type * as tf from '@tensorflow/tfjs';
import { activation, averagePool, batchNormActivation, conv, dense, flatten, maxPool } from './layers';
import type { SmallCnnParameters } from './model-schema';

/** Four 3x3 Conv-BatchNorm-activation, the size halved after the second, third and fourth, then two dense layers. */
export function smallCnn(
  input: tf.SymbolicTensor,
  { widths, hidden, ...style }: SmallCnnParameters,
  classes: number,
): tf.SymbolicTensor {
  const shrink = [undefined, maxPool, maxPool, averagePool];
  let x = input;
  widths.forEach((width, index) => {
    const at = index + 1;
    x = batchNormActivation(conv(x, `conv${at}`, width, 3), `bn${at}`, style);
    x = shrink[index]?.(x, `pool${at}`) ?? x;
  });
  x = activation(dense(flatten(x, 'flatten'), 'hidden', hidden), 'hidden', style);
  return dense(x, 'logits', classes);
}
