import type * as tf from '@tensorflow/tfjs';
import type { ResNetParameters, Sized } from './model-schema';
import { doublingStages, postActivationNetwork } from './residual-network';

/** ResNet (He et al. 2015); `[2, 2, 2, 2]` at width 64 is ResNet-18: the field's on small images, torchvision's on large ones. */
export function resNet(
  input: tf.SymbolicTensor,
  { blocks, width, ...style }: Sized<ResNetParameters>,
  classes: number,
): tf.SymbolicTensor {
  return postActivationNetwork(input, { stem: width, stages: doublingStages(blocks, width), style }, classes);
}
