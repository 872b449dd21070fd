import type * as tf from '@tensorflow/tfjs';
import { averagePool, batchNormRelu, conv, dense, flatten, maxPool, relu } from './layers';
import type { SmallCnnParameters } from './model-schema';

/** Four 3x3 Conv-BatchNorm-ReLU, the size halved after the second, third and fourth, then two dense layers. */
export function smallCnn(
  input: tf.SymbolicTensor,
  { widths, hidden }: SmallCnnParameters,
  classes: number,
): tf.SymbolicTensor {
  const shrink = [undefined, maxPool, maxPool, averagePool];
  let x = input;
  widths.forEach((width, index) => {
    const at = index + 1;
    x = batchNormRelu(conv(x, `conv${at}`, width, 3), `bn${at}`);
    x = shrink[index]?.(x, `pool${at}`) ?? x;
  });
  x = relu(dense(flatten(x, 'flatten'), 'hidden', hidden), 'hidden_relu');
  return dense(x, 'logits', classes);
}
