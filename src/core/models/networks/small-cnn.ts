import type * as tf from '@tensorflow/tfjs';
import {
  activation,
  averagePool,
  batchNormActivation,
  conv,
  dense,
  flatten,
  maxPool,
  stemConv,
  stemPool,
} from './layers';
import type { Sized, SmallCnnParameters } from './model-schema';

/** Four Conv-BatchNorm-activation, the first one the stem, the size halved after the others, then two dense layers. */
export function smallCnn(
  input: tf.SymbolicTensor,
  { widths, hidden, ...style }: Sized<SmallCnnParameters>,
  classes: number,
): tf.SymbolicTensor {
  const shrink = [
    (at: tf.SymbolicTensor, name: string) => stemPool(at, name, style),
    ...[maxPool, maxPool, averagePool],
  ];
  let x = input;
  widths.forEach((width, index) => {
    const at = index + 1;
    const name = `conv${at}`;
    const convolved = index === 0 ? stemConv(x, name, width, style) : conv(x, name, width, 3);
    x = batchNormActivation(convolved, `bn${at}`, style);
    x = shrink[index]?.(x, `pool${at}`) ?? x;
  });
  x = activation(dense(flatten(x, 'flatten'), 'hidden', hidden), 'hidden', style);
  return dense(x, 'logits', classes);
}
