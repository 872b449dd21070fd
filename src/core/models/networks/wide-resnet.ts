import type * as tf from '@tensorflow/tfjs';
import type { WideResNetParameters, Sized } from './model-schema';
import { preActivationNetwork } from './residual-network';

/**
 * Wide residual network WRN-depth-width (Zagoruyko and Komodakis, "Wide Residual Networks", BMVC 2016), without
 * dropout: 16 channels, then three stages of (depth - 4) / 6 blocks with 16, 32 and 64 times `width` channels.
 */
export function wideResNet(
  input: tf.SymbolicTensor,
  { depth, width, ...style }: Sized<WideResNetParameters>,
  classes: number,
): tf.SymbolicTensor {
  const stages = [16, 32, 64].map((base) => ({ blocks: (depth - 4) / 6, filters: base * width }));
  return preActivationNetwork(input, { stem: 16, stages, style }, classes);
}
