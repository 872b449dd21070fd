import type * as tf from '@tensorflow/tfjs';
import type { Padding } from './model-schema';
import { add, batchNormRelu, conv, dense, globalAveragePool } from './layers';

export interface ResidualShape {
  /** Channels of the 3x3 stem. */
  readonly stem: number;
  /** Basic blocks and their channels; each stage after the first starts with stride 2. */
  readonly stages: readonly { readonly blocks: number; readonly filters: number }[];
  readonly padding: Padding;
}

/**
 * Residual network of pre-activation basic blocks (He et al. 2016, "Identity Mappings"), for small images: 3x3 stem,
 * stages, final BatchNorm-ReLU, global average, dense. Where a block changes the size, its shortcut is a 1x1
 * convolution of the activated input.
 */
export function residualNetwork(
  input: tf.SymbolicTensor,
  { stem, stages, padding }: ResidualShape,
  classes: number,
): tf.SymbolicTensor {
  let x = conv(input, 'stem', stem, 3);
  let channels = stem;
  for (const [stage, { blocks, filters }] of stages.entries()) {
    for (let block = 0; block < blocks; block++) {
      const strides = stage > 0 && block === 0 ? 2 : 1;
      x = residualBlock(x, `stage${stage + 1}_block${block + 1}`, { channels, filters, strides, padding });
      channels = filters;
    }
  }
  x = globalAveragePool(batchNormRelu(x, 'final_bn'), 'global_pool');
  return dense(x, 'logits', classes);
}

interface BlockShape {
  readonly channels: number;
  readonly filters: number;
  readonly strides: number;
  readonly padding: Padding;
}

function residualBlock(
  x: tf.SymbolicTensor,
  name: string,
  { channels, filters, strides, padding }: BlockShape,
) {
  const activated = batchNormRelu(x, `${name}_bn1`);
  const changes = strides !== 1 || channels !== filters;
  const shortcut = changes ? conv(activated, `${name}_shortcut`, filters, 1, { strides }) : x;
  let y = conv(activated, `${name}_conv1`, filters, 3, { strides, padding });
  y = conv(batchNormRelu(y, `${name}_bn2`), `${name}_conv2`, filters, 3);
  return add(y, shortcut, `${name}_add`);
}
