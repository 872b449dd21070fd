import type * as tf from '@tensorflow/tfjs';
import type { ResNetParameters } from './model-schema';
import { doublingStages, postActivationNetwork } from './residual-network';

/** ResNet (He et al. 2015) with a stem for small images; `[2, 2, 2, 2]` at width 64 is the field's ResNet-18. */
export function resNet(
  input: tf.SymbolicTensor,
  { blocks, width, ...style }: ResNetParameters,
  classes: number,
): tf.SymbolicTensor {
  return postActivationNetwork(input, { stem: width, stages: doublingStages(blocks, width), style }, classes);
}
