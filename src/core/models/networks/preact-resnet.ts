import type * as tf from '@tensorflow/tfjs';
import type { PreActResNetParameters, Sized } from './model-schema';
import { doublingStages, preActivationNetwork } from './residual-network';

/** Pre-activation ResNet (He et al. 2016); `[2, 2, 2, 2]` at width 64 is PreAct-ResNet-18. */
export function preActResNet(
  input: tf.SymbolicTensor,
  { blocks, width, ...style }: Sized<PreActResNetParameters>,
  classes: number,
): tf.SymbolicTensor {
  return preActivationNetwork(input, { stem: width, stages: doublingStages(blocks, width), style }, classes);
}
