import type * as tf from '@tensorflow/tfjs';
import type { PreActResNetParameters } from './model-schema';
import { residualNetwork } from './residual-network';

/**
 * Pre-activation ResNet (He et al. 2016): one stage an entry of `blocks`, each after the first at half the size and
 * twice the width. `[2, 2, 2, 2]` at width 64 is PreAct-ResNet-18.
 */
export function preActResNet(
  input: tf.SymbolicTensor,
  { blocks, width, padding }: PreActResNetParameters,
  classes: number,
): tf.SymbolicTensor {
  const stages = blocks.map((count, stage) => ({ blocks: count, filters: width * 2 ** stage }));
  return residualNetwork(input, { stem: width, stages, padding }, classes);
}
